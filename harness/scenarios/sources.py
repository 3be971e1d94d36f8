"""Where claims and promises come from. The report quotes each beside what was measured."""

TEXT_000 = (
    "text 000, 'Why does the Keras Sequential model exhibit discontinuous initialization "
    "behavior in Python?'"
)
TEXT_001 = "text 001, 'How can I achieve reproducible weight initialization in Keras?'"

SET_RANDOM_SEED = (
    "Keras documentation of keras.utils.set_random_seed: 'Sets all random seeds (Python, NumPy, "
    "and backend framework)', 'to make almost any Keras program fully deterministic'"
)
INITIALIZER_SEED = (
    "Keras documentation of the seed argument of initializers: 'an initializer seeded with an "
    "integer [...] will produce the same random values across multiple calls'"
)
NEP_19 = "NumPy Enhancement Proposal 19: the stream of RandomState is frozen"
UNSEEDED = "by construction: every generator starts from the operating system's entropy"
BY_CONSTRUCTION = "by construction: nothing is drawn at random"
NEGATIVE_CONTROL = "negative control: an audit that finds no difference here sees none anywhere"
