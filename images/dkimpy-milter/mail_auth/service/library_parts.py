"""The internal parts of libraries that we replace, override or call."""

from milter_runtime.library_parts import Library, Part, require_parts
from milter_runtime.pymilter_parts import PYMILTER

DKIMPY = Library(
    "dkimpy",
    "1.1.8",
    "mail_auth/dkim/dkimpy_patches.py",
    (
        # Replaced by dkimpy_patches.apply, and what uses them.
        Part("dkim:RE_BTAG"),
        Part("dkim:hash_headers", uses="RE_BTAG sub"),
        Part("dkim:rfc822_parse", takes="message"),
        Part("dkim:DomainSigner.set_message", uses="rfc822_parse headers body"),
        Part("dkim:parse_pem_private_key", takes="data"),
        Part("dkim:DKIM.sign", uses="parse_pem_private_key canonicalize_body"),
        Part("dkim:RSASSA_PKCS1_v1_5_sign", takes="hash private_key"),
        Part("dkim:DomainSigner.gen_header", uses="RE_BTAG RSASSA_PKCS1_v1_5_sign"),
        Part("dkim.canonicalization:Simple.canonicalize_body", takes="body"),
        Part("dkim.canonicalization:Relaxed.canonicalize_body", takes="body"),
        Part(
            "dkim.canonicalization:CanonicalizationPolicy.canonicalize_body",
            takes="self body",
            uses="body_algorithm canonicalize_body",
        ),
        # Called by signing/arc_seal.py.
        Part(
            "dkim:ARC.sign",
            takes="self selector domain privkey srv_id include_headers timestamp"
            " standardize",
            uses="parse_pem_private_key gen_header canonicalize_body",
        ),
        Part("dkim:ARC.sorted_arc_headers", takes="self"),
        # Called by verifying/arc.py, and by key_lookup.py, key_record.py and
        # verification.py in dkim/.
        Part("dkim:evaluate_pk", takes="name s"),
        Part("dkim:validate_signature_fields", takes="sig mandatory_fields arc"),
        Part("dkim.util:parse_tag_value", takes="tag_list"),
        Part("dkim:DKIM.verify", takes="self idx dnsfunc", uses="verify_sig"),
        Part(
            "dkim:DomainSigner.verify_sig",
            takes="self sig include_headers sig_header dnsfunc",
            uses="keysize ktag verify_sig_process",
        ),
        Part(
            "dkim:DomainSigner.verify_sig_process",
            uses="headers body canonicalize_body",
        ),
    ),
)

DKIMPY_MILTER = Library(
    "dkimpy-milter",
    "1.2.3",
    "mail_auth/milter/base.py",
    (
        Part("dkimpy_milter.config:defaultConfigData"),
        Part("dkimpy_milter:dkimMilter.__init__", "self", "conf milterconfig"),
        Part(
            "dkimpy_milter:dkimMilter.connect",
            takes="self hostname unused hostaddr",
            uses="AuthservID connectip",
        ),
        Part(
            "dkimpy_milter:dkimMilter.envfrom",
            takes="self f moredata",
            uses="fp mailfrom",
        ),
        # All that signing/signer.py sets before it has this sign; syslog is replaced
        # by milter/log.py.
        Part(
            "dkimpy_milter:dkimMilter.sign_dkim",
            takes="self txt",
            uses="conf Canonicalization SignHeaders fdomain iequals privkeyRSA"
            " selectorRSA privkeyEd25519 selectorEd25519 addheader dkim DKIM syslog",
        ),
    ),
)

PYSPF = Library(
    "pyspf",
    "2.0.14",
    "mail_auth/verifying/spf.py",
    (
        Part("spf:MAX_VOID_LOOKUPS"),
        Part("spf:PermError"),
        Part("spf:TempError"),
        Part("spf:query.__init__", uses="l o d void_lookups"),
        # Overridden, and their callers: pyspf would do look-ups of its own.
        Part("spf:query.dns", takes="self name qtype cnames ignore_void"),
        Part("spf:query.dns_a", uses="dns"),
        Part("spf:query.dns_mx", uses="dns"),
        Part("spf:query.dns_ptr", uses="dns"),
        Part("spf:query.dns_txt", uses="dns"),
        Part("spf:query.dns_spf", takes="self domain", uses="dns_txt"),
        Part("spf:query.check", uses="dns_spf"),
        Part("spf:query.check0", uses="get_explanation"),
        Part("spf:query.get_explanation", takes="self spec"),
    ),
)


def require_all_parts() -> None:
    """Raise LibraryError unless every library has the parts that we need."""
    for library in (DKIMPY, DKIMPY_MILTER, PYSPF, PYMILTER):
        require_parts(library)
