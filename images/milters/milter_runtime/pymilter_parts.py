"""What our milters go by inside of pymilter."""

from milter_runtime.library_parts import Library, Part

PYMILTER = Library(
    "pymilter",
    "1.0.5",
    "milter_runtime/pymilter_parts.py",
    (
        # Without our class Postfix would be told that all is well.
        Part("Milter:factory"),
        Part("Milter:negotiate_callback", takes="ctx opts", uses="factory"),
        Part("Milter:connect_callback", uses="factory"),
        # What Postfix and we have agreed on: whether values keep their leading blank.
        Part("Milter:Base._setctx", takes="self ctx", uses="_protocol"),
        Part("Milter:Base.negotiate", takes="self opts", uses="_protocol"),
        Part("Milter:Base.header_bytes", uses="error_strategy header"),
    ),
)
