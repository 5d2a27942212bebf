"""The internal parts of pymilter that both milters depend on."""

from milter_runtime.library_parts import Library, Part

PYMILTER = Library(
    "pymilter",
    "1.0.5",
    "milter_runtime/pymilter_parts.py",
    (
        # Without our class, pymilter would accept every message.
        Part("Milter:factory"),
        Part("Milter:negotiate_callback", takes="ctx opts", uses="factory"),
        Part("Milter:connect_callback", uses="factory"),
        # The negotiated protocol: whether values keep their leading blank.
        Part("Milter:Base._setctx", takes="self ctx", uses="_protocol"),
        Part("Milter:Base.negotiate", takes="self opts", uses="_protocol"),
        Part("Milter:Base.header_bytes", uses="error_strategy header"),
    ),
)
