"""Plain data definitions that the probe writes and the host reads. No code, no imports.

FORMAT history: 1, first version; 2, scenarios say what they need and what is promised of them.
"""

FORMAT = 2

OK = "ok"
UNSUPPORTED = "unsupported"
ERROR = "error"
TIMEOUT = "timeout"
CRASH = "crash"
INSTALL_FAILED = "install_failed"
INTERPRETER_MISSING = "interpreter_missing"
DEVICE_MISSING = "device_missing"
EXCLUDED = "excluded"

OBSERVATION_STATUSES = (OK, UNSUPPORTED, ERROR, TIMEOUT, CRASH)
TRIAL_STATUSES = (OK, ERROR, TIMEOUT, CRASH, INSTALL_FAILED, INTERPRETER_MISSING, DEVICE_MISSING)

# From the strictest promise to the loosest.
LEVELS = ("rerun", "process", "setting", "python", "packages", "backend", "device", "machine")

# Relations at this level say: reseeded and rebuilt in the same process, the same.
RERUN = "rerun"

# What arrays may be called, and what types they may have, in a record.
ARRAY_NAME = r"[A-Za-z0-9_.:/-]{1,300}"
DTYPE = r"[a-z][a-z0-9_]{0,39}"

# What TensorFlow, from 2.7 on, says of what was never seeded, with deterministic operations on
# (`random_seed.py`, `random_ops_util.cc`).
REFUSED_UNSEEDED = "Random ops require a seed to be set when determinism is enabled"

# The seed of every scenario.
SEED = 42

# Variables with these beginnings change what frameworks compute; all that are set are recorded.
RECORDED_VARIABLES = (
    "TF_",
    "KERAS_",
    "XLA_",
    "JAX_",
    "TORCH_",
    "PYTORCH_",
    "ATEN_",
    "CUDA_",
    "NVIDIA_",
    "CUBLAS_",
    "CUDNN_",
    "OMP_",
    "GOMP_",
    "KMP_",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "DYLD_LIBRARY_PATH",
    "MKL_",
    "OPENBLAS_",
    "THEANO_",
    "ONEDNN_",
    "DNNL_",
    "MKLDNN_",
    "NPROC",
    "NPY_",
    "GLIBC_TUNABLES",
    "PYTHON",
)
