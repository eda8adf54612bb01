from .conditions import processor_name as processor_name
from .conditions import surroundings as surroundings
from .measure import time_method as time_method
from .summary import summarise as summarise
