"""Inner loops, compiled by numba: one idea a file, each a pure function of arrays.

What they mean stands where they are used. They hold no lock and start no threads of their own, so that several may run
at once; `banded` splits work over rows.
"""
