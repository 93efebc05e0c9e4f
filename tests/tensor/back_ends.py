"""Back ends for what hypothesis makes: compiling is what takes the time, so one example of four is machine code."""

from hypothesis import strategies as st

MOSTLY_NUMPY = st.sampled_from(["numpy", "numpy", "numpy", "native"])
