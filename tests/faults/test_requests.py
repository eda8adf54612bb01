"""Requests that cannot be met: one line that says what is wrong, exit code 2, and nothing written."""

from __future__ import annotations

import pytest
from planted import RUN, answered, run_of

NOTHING = "; see: srbench list "
RUNNING = "run --methods bicubic --datasets ./photos"
REQUESTS = {
    "nope": r"No such command 'nope'\.$",
    "runn": r"No such command 'runn'\. Did you mean 'run'\?$",
    "run": "no methods; name some with --methods, for example --methods bicubic,edsr, or a plan file$",
    "run --methods": "Option '--methods' requires an argument",
    "run --methods bicubik": f"unknown method 'bicubik', did you mean bicubic.{NOTHING}methods$",
    "run --methods ,": "--methods: ',' says nothing; write a value, or leave it out$",
    "run --methods bicubic,": "'bicubic,' has an empty item",
    "run --methods bicubic,,nearest": "'bicubic,,nearest' has an empty item",
    "run --methods bicubic,bicubic": "method bicubic given twice; name each method once$",
    "run --methods @mine": f"unknown method ''{NOTHING}methods$",
    "run --methods edsr@": r"edsr has no weights '' \(it has: official, srbench\)",
    "run --methods edsr@mine": "edsr has no weights 'mine' .*; for your own weights add --weights edsr@mine=FILE$",
    "run --methods edsr+": "no wrapper '' .there are: ensemble, tile, twice, correct",
    "run --methods edsr+ensembel": "no wrapper 'ensembel', did you mean ensemble",
    "run --methods bicubic:3": "method bicubic has no variants; write bicubic alone$",
    "run --methods ./mine.py": "./mine.py: names no function; write ./mine.py:function$",
    "run --methods ./mine.py:": "mine.py: has no function ''$",
    "run --methods ./mine.py:g": "mine.py: has no function 'g'$",
    "run --methods ./none.py:f": "none.py: no such file; write your own method as ./file.py:function$",
    "run --methods ./notes.txt:f": "./notes.txt:f: is no Python file; write a method of your own as",
    "run --methods ./mine.py:f+tile": "the receptive radius of mine:f is not known; give `receptive_radius`",
    f"{RUNNING} --bogus": "No such option: --bogus",
    f"{RUNNING} --metrics": "Option '--metrics' requires an argument",
    f"{RUNNING} --scale 1": "--scale=1: expected a whole number from 2 to 16$",
    f"{RUNNING} --scale 17": "--scale=17: expected a whole number from 2 to 16$",
    f"{RUNNING} --scale -2": "--scale=-2: expected a whole number from 2 to 16$",
    f"{RUNNING} --scale 2.5": "scale '2.5' is not a list of whole numbers; write for example --scale 2,4$",
    f"{RUNNING} --scale two": "scale 'two' is not a list of whole numbers",
    f"{RUNNING} --scale ²": "scale '²' is not a list of whole numbers",
    f"{RUNNING} --scale 2,2": "scale 2 given twice; name each scale once$",
    f"{RUNNING} --scale {'9' * 25}": "--scale=9{25}: expected a whole number from 2 to 16$",
    f"{RUNNING},./photos --scale 2": "dataset ./photos given twice; name each dataset once$",
    "run --methods srcnn --scale 5": "srcnn ×5 under classic-y: has only ×2, ×3, ×4; srcnn.twice has ×4",
    "run --methods edsr --protocol srcnn-y": "nothing to run: edsr ×4 under srcnn-y: upscales RGB, the protocol hands",
    "run --methods bicubic+twice --scale 3": "nothing to run: bicubic.twice ×3 under classic-y: has only ×4, ×8, ×9",
    f"{RUNNING} --metrics psnrr": f"unknown metric 'psnrr', did you mean psnr or lr_psnr.{NOTHING}metrics$",
    f"{RUNNING} --protocol classic": f"unknown protocol 'classic', did you mean classic-y.{NOTHING}",
    "run --methods bicubic --datasets st5": f"unknown dataset 'st5', did you mean set5.{NOTHING}datasets$",
    "run --methods bicubic --datasets photos": "unknown dataset 'photos'; to use the folder of that name write ./",
    "run --methods bicubic --datasets ./none": "none: no such folder; check the path$",
    "run --methods bicubic --datasets ./notes.txt": "notes.txt: is a file; name the folder that holds the images$",
    "run --methods bicubic --datasets set5": "set5: not imported .looked in .*; run: srbench datasets fetch set5, or",
    f"{RUNNING} --lr given": "photos: has no LR files for ×4; leave out --lr given to make LR$",
    f"{RUNNING} --lr stolen": "'--lr': .*'stolen' is not one of 'made', 'given'",
    f"{RUNNING} --precision fp99": "'--precision': .*'fp99' is not one of",
    f"{RUNNING} --precision tf32 --device cpu": "precision tf32 needs a GPU; on this device choose fp32, bf16 or auto$",
    f"{RUNNING} --device tpu": "'--device': .*'tpu' is not one of 'auto', 'cpu', 'cuda'",
    f"{RUNNING} --runtime tensorrt": "'--runtime': .*'tensorrt' is not one of",
    f"{RUNNING} --limit 0": "limit=0: expected a whole number of images, 1 or more",
    f"{RUNNING} --limit x": "'--limit': .*valid integer",
    f"{RUNNING} --split valid": "split 'valid': none of ./photos has splits; leave out --split$",
    f"{RUNNING} --size 3x3": "--size 3x3 is the LR size of a timing; add --timing$",
    f"{RUNNING} --timing --size 0x0": "size '0x0': write WIDTHxHEIGHT in pixels",
    f"{RUNNING} --timing --size 9x9,9x9": "size '9x9,9x9' names one twice; name it once$",
    f"{RUNNING} --classifier none": f"unknown classifier 'none'{NOTHING}classifiers$",
    f"{RUNNING} --classifier timm:": "classifier timm needs a variant: write timm:X",
    f"{RUNNING} --weights notes.txt": "notes.txt: unclear which method has these weights",
    "run --methods edsr@mine --weights none.pt": "none.pt: no such weight file for edsr@mine; check the path$",
    "run --methods edsr@mine --weights edsr@x=notes.txt": "weights for 'edsr@x', which is not among the methods",
    "run --methods edsr@a --weights edsr@a=notes.txt --weights b": "only some files have a name; write NAME@W",
    f"{RUNNING} --output notes.txt": "notes.txt: is a file; name a folder with --output$",
    f"{RUNNING} --output notes.txt/run": "cannot be used as a run folder .Not a directory",
    f"{RUNNING} --output photos": "photos: holds files but no srbench run; choose an empty or new --output$",
    f"{RUNNING} --output run": r"run: holds a run of another plan \(.*; asked for: .*\); choose another --output$",
    "leaderboard": "Missing argument 'folders'",
    "leaderboard none": "none: no such folder; name a folder that srbench run has written$",
    "leaderboard photos": r"photos: holds no srbench run \(no run\.json\); name a folder",
    "leaderboard notes.txt": "notes.txt: is a file; name a folder that srbench run has written$",
    "leaderboard run --sort none": "no values of 'none'; choose from psnr, ssim",
    "leaderboard run --rank none": "no values of 'none'; choose from psnr, ssim",
    "leaderboard run --rank ,": "--rank: ',' says nothing; write a value, or leave it out$",
    "leaderboard run --sort psnr --rank psnr": "--sort and --rank both order the rows; choose one$",
    "leaderboard run --output notes.txt": "notes.txt/leaderboard.csv: cannot be written",
    "compare run run": "run and run: are one folder; compare two, or give it once$",
    "compare bicubic --run run": "--run: name two of its methods or more",
    "compare bicubic none --run run": "run: has no method 'none'; it has bicubic, srcnn",
    "compare run --metric none": "run: has no metric 'none'; it has psnr, ssim",
    "compare a b c": "3 run folders given; compare one, or two",
    "compare run run --fail-if-worse psnr": "limit 'psnr': write METRIC:AMOUNT",
    "compare run run --fail-if-worse psnr:nan": "limit 'psnr:nan': write METRIC:AMOUNT",
    "compare run run --fail-if-worse psnr:-1": "limit 'psnr:-1': write METRIC:AMOUNT",
    "report run": "Missing option '--output'",
    "report run -o notes.txt": "notes.txt: the report is an HTML page; name the file .html$",
    "report run -o notes.txt/x.html": "notes.txt/x.html: cannot be written",
    "plot run -o x.gif": "x.gif: figures are written as .png, .pdf, .svg; end its name in one of them$",
    "plot run -o x.png --metric none": "run: has no metric 'none'",
    "plot run -o x.png --scale 9": "--scale 9: not in the run; it has 2$",
    "show none --methods bicubic -o x.png": "bundled has no image 'none'; there are astronaut, chelsea",
    "show coffee --methods bicubic -o x.png --crop 1,2": "crop '1,2': write auto, or x,y,w,h in pixels of HR",
    "show coffee --methods bicubic -o x.png --crop 0,0,999,9": "crop 0,0,999,9: does not lie in the image of 600×400",
    "show notes.txt --methods bicubic -o x.png": "notes.txt: is not an image file",
    "upscale none.png -o x.png": "none.png: no such image file or folder; check the path$",
    "upscale photos -o photos --method bicubic": "is the image itself; choose another output$",
    "upscale photos -o notes.txt --method bicubic": "notes.txt: is a file; name a folder for the images of photos$",
    "score --dataset ./photos --scale 2 --images run --name x": "run: no image for one, three, two .3 of 3 missing",
    "score --dataset ./photos --scale 2 --images photos --name bicubic": "'bicubic' is the name of a method; choose",
    "score --dataset ./photos --scale 2 --images photos --name a,b": "'a,b' cannot name a row; use letters, digits",
    "score --dataset ./photos --scale 2,3 --images photos --name x": "scale '2,3': only one here is allowed",
    "list none": "none",
    "datasets none": "No such command 'none'",
    "datasets import none photos": "unknown dataset 'none'",
    "train none.toml --data photos": "none.toml: no such recipe",
}


@pytest.fixture
def folder(place, undisturbed):
    """Photographs, a method, a text and a run."""
    (place / "mine.py").write_text((undisturbed / "sound.py").read_text())
    (place / "notes.txt").write_text("some words")
    (place / "run").symlink_to(undisturbed / "run")
    return place


@pytest.mark.parametrize(("words", "line"), REQUESTS.items(), ids=[words[:60] for words in REQUESTS])
def test_a_wrong_request_is_one_line(refused, folder, words, line):
    refused(2, line, *words.split())


@pytest.mark.parametrize("option", [*RUN[::2], "--methods", "--protocol"])
def test_an_empty_value_is_one_line(cli, folder, option):
    words = run_of("bicubic")
    at = words.index(option) if option in words else len(words)
    words[at : at + 2] = [option, ""]
    if option == "--output":
        pytest.skip("the working directory, which holds other files")
    answered(cli(*words), 2, "error: ")
