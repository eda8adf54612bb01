"""Files of methods with a fault each, by name: the text of a file with a function `f`."""

from __future__ import annotations

import re

from planted import row

HEAD = """import contextlib, locale, os, random, signal, sys, threading, time, warnings
import numpy, torch
def nearest(lr, scale):
    return lr.repeat_interleave(scale, -2).repeat_interleave(scale, -1)
"""
OUT = "nearest(lr, scale)"


def file(*body: str, head: str = "") -> str:
    """A file with a function `f(lr, scale)` of these lines."""
    return f"{HEAD}{head}\ndef f(lr, scale):\n" + "".join(f"    {line}\n" for line in body)


def raising(what: str, head: str = "") -> str:
    return file(f"raise {what}", head=head)


def returning(what: str, head: str = "") -> str:
    return file(f"return {what}", head=head)


def saying(statement: str) -> str:
    """A method that raises an exception whose message is made by a statement."""
    return raising("Own", f"class Own(Exception):\n    def __str__(self):\n        {statement}\n")


def doing(*statements: str, head: str = "") -> str:
    """A method that does something and then returns what `nearest` does."""
    return file(*statements, f"return {OUT}", head=head)


UNREADABLE = "raised Own: an exception whose message cannot be read$"
NO_DENSE = "returned a sparse, nested, quantized or meta tensor"

FAILING = [
    row("exception", raising("RuntimeError('out of ideas')"), 1, "raised RuntimeError: out of ideas$"),
    row("no_message", raising("ValueError"), 1, "raised ValueError$"),
    row("base_exception", raising("Own('halt')", "class Own(BaseException): pass"), 1, "raised Own: halt$"),
    row("generator_exit", raising("GeneratorExit"), 1, "raised GeneratorExit$"),
    row("cancelled", raising("asyncio.CancelledError('no')", "import asyncio"), 1, "raised CancelledError: no$"),
    row("stop_iteration", raising("StopIteration(3)"), 1, "raised StopIteration: 3$"),
    row("exit_0", raising("SystemExit(0)"), 1, "raised SystemExit: 0$"),
    row("exit_without_code", file("sys.exit()"), 1, "raised SystemExit$"),
    row("derived_from_interrupt", raising("Own('x')", "class Own(KeyboardInterrupt): pass"), 1, "raised Own: x$"),
    row("exception_group", raising("ExceptionGroup('two', [ValueError(1)])"), 1, "raised ExceptionGroup: two"),
    row("error_of_srbench", raising("SRBenchError('mine')", "from srbench.errors import *"), 1, "^mine$"),
    row("request_error", raising("RequestError('mine')", "from srbench.errors import *"), 1, "^mine$"),
    row("stopped_error", raising("StoppedError('mine')", "from srbench.errors import *"), 1, "^mine$"),
    row("store_error", raising("StoreError('mine')", "from srbench.errors import *"), 1, "^mine$"),
    row(
        "class_that_exits", "class f:\n  def __init__(self, lr, scale): raise SystemExit(3)", 1, "raised SystemExit: 3$"
    ),
    row("recursion", file("return f(lr, scale)"), 1, "raised RecursionError: maximum recursion depth"),
    row("memory", file("return torch.empty(2 ** 60)"), 1, "raised RuntimeError: .*memory"),
    row("missing_module", file("import no_such"), 1, "raised ModuleNotFoundError: No module named 'no_such'$"),
    row("message_raises", saying("raise ValueError"), 1, UNREADABLE),
    row("message_exits", saying("raise SystemExit(0)"), 1, UNREADABLE),
    row("message_is_no_text", saying("return 3"), 1, UNREADABLE),
    row("message_is_a_surrogate", saying(r"return '\ud800'"), 1, r"raised Own: \\ud800$"),
    row("message_of_a_megabyte", saying("return 'x' * 2**20"), 1, "raised Own: x{200}…$"),
    row("message_of_several_lines", saying(r"return 'a\n\nerror: b\r\n'"), 1, "raised Own: a error: b$"),
    row("message_with_escapes", saying(r"return '\x1b[31mred\x07'"), 1, r"raised Own: \\x1b\[31mred\\x07$"),
    row("none", returning("None"), 1, "returned NoneType, expected a torch.Tensor$"),
    row("list", returning("[lr]"), 1, "returned list, expected a torch.Tensor$"),
    row("tuple", returning(f"({OUT}, 1)"), 1, "returned tuple, expected"),
    row("numpy_array", returning(f"{OUT}.numpy()"), 1, "returned ndarray, expected"),
    row("generator", file(f"yield {OUT}"), 1, "returned generator, expected"),
    row("coroutine", f"{HEAD}async def f(lr, scale):\n    return {OUT}\n", 1, "returned coroutine, expected"),
    row("future", returning("torch.futures.Future()"), 1, "returned Future, expected"),
    row("lr_itself", returning("lr"), 1, r"returned shape \(1, 3, 24, 24\), expected \(1, 3, 48, 48\)$"),
    row("one_plane", returning(f"{OUT}[:, :1]"), 1, r"returned shape \(1, 1, 48, 48\)"),
    row("channels_last", returning(f"{OUT}.movedim(1, 3)"), 1, r"returned shape \(1, 48, 48, 3\)"),
    row("no_batch", returning(f"{OUT}[0]"), 1, r"returned shape \(3, 48, 48\)"),
    row("empty_batch", returning(f"{OUT}[:0]"), 1, r"returned shape \(0, 3, 48, 48\)"),
    row("two_images", returning(f"{OUT}.repeat(2, 1, 1, 1)"), 1, r"returned shape \(2, 3, 48, 48\)"),
    row("a_pixel_short", returning(f"{OUT}[..., 1:]"), 1, r"returned shape \(1, 3, 48, 47\)"),
    row("another_scale", returning("nearest(lr, 4)"), 1, r"returned shape \(1, 3, 96, 96\)"),
    row("one_number", returning("lr.mean()"), 1, r"returned shape \(\)"),
    row("uint8", returning(f"({OUT} * 255).byte()"), 1, "returned torch.uint8 samples, expected floating point"),
    row("int64", returning(f"{OUT}.long()"), 1, "returned torch.int64 samples"),
    row("boolean", returning(f"{OUT} > 0.5"), 1, "returned torch.bool samples"),
    row("complex", returning(f"{OUT} + 0j"), 1, "returned torch.complex64 samples"),
    row("conjugate", returning(f"({OUT} + 0j).conj()"), 1, "returned torch.complex64 samples"),
    row("sparse", returning(f"{OUT}.to_sparse()"), 1, NO_DENSE),
    row("nested", returning("torch.nested.nested_tensor([lr[0], lr[0]])"), 1, NO_DENSE),
    row("meta", returning(f"{OUT}.to('meta')"), 1, NO_DENSE),
    row("quantized", returning(f"torch.quantize_per_tensor({OUT}.clone(), 0.1, 0, torch.quint8)"), 1, NO_DENSE),
    row("all_nan", returning(f"{OUT} * float('nan')"), 1, "returned NaN or infinite samples"),
    row("one_nan", file(f"out = {OUT}", "out[0, 2, 47, 47] = float('nan')", "return out"), 1, "returned NaN or infin"),
    row("infinite", returning(f"{OUT} / 0"), 1, "returned NaN or infinite samples, expected finite ones"),
    row("range_255", returning(f"{OUT} * 255"), 1, r"returned samples in .*, expected \[0, 1\]; divide by 255\?$"),
    row("trace_that_raises", doing("sys.settrace(lambda *_: 1 / 0)"), 1, "raised ZeroDivisionError"),
    row(
        "interrupts_later", file("raise Own", head="Own = type('Own', (KeyboardInterrupt, ValueError), {})"), 1, "Own$"
    ),
    row("range_signed_255", returning(f"{OUT} * 255 - 128"), 1, "returned samples in .*; divide by 255"),
]
"""Methods whose every record fails."""

BUFFER = "out = BUFFER.setdefault(lr.shape, torch.empty(1, 3, 2 * lr.shape[2], 2 * lr.shape[3]))"
NEW_HEAD = "from PIL import Image, ImageFile"

HARMLESS = [
    row("changes_its_input", doing("out = nearest(lr, scale)", "lr.fill_(7)", "return out"), 0, ""),
    row("one_buffer_again", file(BUFFER, f"return out.copy_({OUT})", head="BUFFER = {}"), 0, ""),
    row("float16", returning(f"{OUT}.half()"), 0, ""),
    row("float64", returning(f"{OUT}.double()"), 0, ""),
    row("negative_bit", returning(f"torch._neg_view(-{OUT})"), 0, ""),
    row("view_with_strides", returning(f"{OUT}.transpose(2, 3).contiguous().transpose(2, 3)"), 0, ""),
    row("expanded_view", returning(f"{OUT}.expand(1, 3, -1, -1)"), 0, ""),
    row("channels_last_in_memory", returning(f"{OUT}.contiguous(memory_format=torch.channels_last)"), 0, ""),
    row("parameter", returning(f"torch.nn.Parameter({OUT})"), 0, ""),
    row(
        "with_gradient",
        file("with torch.inference_mode(False):", "    return nearest(lr.clone().requires_grad_(), scale)"),
        0,
        "",
    ),
    row("default_dtype", doing("torch.set_default_dtype(torch.float64)"), 0, ""),
    row("default_device", doing("torch.set_default_device('meta')"), 0, ""),
    row("threads", doing("torch.set_num_threads(1)"), 0, ""),
    row("gradient_mode", doing("torch.set_grad_enabled(True)"), 0, ""),
    row("deterministic", doing("torch.use_deterministic_algorithms(True)"), 0, ""),
    row("low_precision", doing("torch.set_float32_matmul_precision('medium')"), 0, ""),
    row("new_switches", doing("torch.backends.mkldnn.conv.fp32_precision = 'bf16'"), 0, ""),
    row("flush_denormal", doing("torch.set_flush_denormal(True)"), 0, ""),
    row("no_mkldnn", doing("torch._C._set_mkldnn_enabled(False)"), 0, ""),
    row("autocast", doing("torch.autocast('cpu', torch.bfloat16).__enter__()"), 0, ""),
    row("inference_mode", doing("torch.inference_mode(False).__enter__()"), 0, ""),
    row("seeds", doing("torch.manual_seed(0); numpy.random.seed(0); random.seed(0)"), 0, ""),
    row("numpy_errors", doing("numpy.seterr(all='raise')"), 0, ""),
    row("numpy_printing", doing("numpy.set_printoptions(precision=0)"), 0, ""),
    row("working_directory", doing("os.chdir('/')"), 0, ""),
    row("import_path", doing("sys.path[:] = []"), 0, ""),
    row("no_stdout", doing("sys.stdout = sys.stderr = sys.stdin = None"), 0, ""),
    row("closed_stdout", doing("sys.stdout = open(os.devnull); sys.stdout.close()"), 0, ""),
    row("signal_handlers", doing("signal.signal(signal.SIGINT, signal.SIG_IGN)"), 0, ""),
    row("warnings_as_errors", doing("warnings.simplefilter('error')"), 0, ""),
    row("no_showwarning", doing("warnings.showwarning = None"), 0, ""),
    row("locale", doing("locale.setlocale(locale.LC_ALL, 'C')"), 0, ""),
    row("recursion_limit", doing("sys.setrecursionlimit(300)"), 0, ""),
    row("environment", doing("os.environ.pop('HOME', None)"), 0, ""),
    row("profile", doing("sys.setprofile(lambda *_: None)"), 0, ""),
    row("trace", doing("sys.settrace(lambda *_: None)"), 0, ""),
    row("no_excepthook", doing("sys.excepthook = None"), 0, ""),
    row("pillow_truncated", doing("ImageFile.LOAD_TRUNCATED_IMAGES = True", head=NEW_HEAD), 0, ""),
    row("pillow_most_pixels", doing("Image.MAX_IMAGE_PIXELS = 10", head=NEW_HEAD), 0, ""),
    row(
        "thread_that_never_ends", doing("threading.Thread(target=time.sleep, args=(600,), daemon=True).start()"), 0, ""
    ),
    row("prints", doing("print('noise')"), 0, ""),
    row("garbage_collector", doing("import gc; gc.disable(); gc.freeze()"), 0, ""),
]
"""Methods that are scored as `nearest` is, and leave the process as it was."""

SUSPICIOUS = [
    row("swapped_channels", returning(f"{OUT}.flip(1)"), 0, "red and blue seem to be swapped"),
    row("shifted_right", returning(f"{OUT}.roll(1, 3)"), 0, r"seems shifted by \+[01]\.\d pixels to the right"),
    row("shifted_down", returning(f"{OUT}.roll(2, 2)"), 0, r"seems shifted by .* and \+[12]\.\d down"),
    row("transposed", returning(f"{OUT}.transpose(2, 3)"), 0, "downscaled, it differs from LR"),
    row("upside_down", returning(f"{OUT}.flip(2)"), 0, "downscaled, it differs from LR"),
    row("inverted", returning(f"1 - {OUT}"), 0, "downscaled, it differs from LR"),
    row("range_1_of_255", returning(f"{OUT} / 255"), 0, "downscaled, it differs from LR"),
    row("range_minus_1_to_1", returning(f"{OUT} * 2 - 1"), 0, "downscaled, it differs from LR"),
    row("black", returning(f"{OUT} * 0"), 0, "downscaled, it differs from LR"),
    row("float8", returning(f"{OUT}.to(torch.float8_e5m2)"), 0, "^$"),
    row("bfloat16", returning(f"{OUT}.bfloat16()"), 0, "^$"),
]
"""Methods that are scored as what they return, with a note where it looks wrong."""

IMPORTED = [
    row(
        "import_raises", "raise RuntimeError('no\\ngood')", 2, r"mine\.py: correct the file, .* RuntimeError: no good$"
    ),
    row("import_exits", "raise SystemExit(0)", 2, "its import raised SystemExit: 0$"),
    row("import_quits", "quit()", 2, "its import raised (SystemExit|NameError)"),
    row("syntax_error", "def f(lr, scale:\n  return lr", 2, "its import raised SyntaxError"),
    row("null_byte", "def f(lr, scale):\n  return '\0'", 2, "its import raised SyntaxError"),
    row("not_utf_8", b"def f(lr, scale): return '\xff'", 2, "its import raised SyntaxError"),
    row("empty_file", "", 2, "has no function 'f'$"),
    row("misspelt_function", "def ff(lr): pass", 2, "has no function 'f', did you mean ff"),
    row("no_function", "f = 3", 2, "has no function 'f'"),
    row("three_parameters", "def f(lr, scale, more): pass", 2, r"takes \(lr, scale, more\), expected \(lr\) or"),
    row("unknown_colour", "def f(lr): pass\nf.colour = 'cmyk'", 2, "colour is 'cmyk', expected 'rgb', 'y' or 'any'"),
    row("scales_of_text", "def f(lr): pass\nf.scales = 'two'", 2, "scales is 'two', expected whole numbers"),
    row("scales_without_two", "def f(lr): pass\nf.scales = (3, 4)", 2, "mine:f .*×2|scale 2"),
    row("absent_weights", "def f(lr): pass\nf.files = ['w.pt']", 2, "its attribute files lists w.pt, which does not"),
    row("files_of_numbers", "def f(lr): pass\nf.files = 3", 2, "its attribute files is 3, expected a list of paths$"),
    row("in_training_mode", "import torch\nf = torch.nn.Conv2d(3, 3, 1)", 2, "in training mode; call .eval"),
    row(
        "attribute_exits",
        "class F:\n  def __call__(self, lr): pass\n  def __getattr__(self, name): raise SystemExit(name)\nf = F()",
        2,
        "mine.py: correct the file, reading 'f' raised SystemExit: files$",
    ),
    row(
        "module_attribute_raises",
        "def __getattr__(name): raise ValueError(name)",
        2,
        "reading 'f' raised ValueError: f$",
    ),
    row("import_moves_away", "import os; os.chdir('/'); raise ValueError('gone')", 2, "ValueError: gone"),
    row("import_fills_stdout", "import sys; sys.stdout = None; raise ValueError('x')", 2, "ValueError: x"),
    row("import_of_itself", "import mine; mine.f", 2, "its import raised AttributeError"),
    row("replaces_a_module", "import sys; del sys.modules['srbench_user_mine']; raise KeyError('x')", 2, "KeyError"),
]
"""Files that cannot be imported as methods: the run does not start."""


def matches(line: str, text: str) -> bool:
    """Whether the text has the line that is expected."""
    return re.search(line, text) is not None
