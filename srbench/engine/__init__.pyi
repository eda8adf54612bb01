from .engine import Advance as Advance
from .engine import Engine as Engine
from .engine import Settings as Settings
from .inputs import decode as decode
from .inputs import prepared as prepared
from .local import run_plan as run_plan
from .records import scored as scored
from .work import Decoded as Decoded
