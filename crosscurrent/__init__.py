"""What every Crosscurrent process shares, and the command line."""

import os

# Before NumPy is loaded. A second BLAS thread spins while it waits for the first, and where the broker or the
# database holds the other core a window took 16 times as long with two threads as with one.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
