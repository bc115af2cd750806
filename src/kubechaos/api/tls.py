"""How TLS is spoken: whom we trust, by which name the server must go, and the certificate that we show."""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

from ..errors import KubeconfigError

PROTOCOLS: Final = ["http/1.1"]


def trusting(ca: bytes, insecure: bool) -> ssl.SSLContext:
    """Return a context that trusts these CAs (PEM), or the system's where there are none, or anybody if insecure."""
    authorities = ca.decode("ascii", "ignore")
    try:
        context = ssl.create_default_context(cadata=authorities or None)
    except (ssl.SSLError, ValueError) as error:
        raise KubeconfigError(f"its certificate-authority holds no certificate: {error}") from None
    if ca and not context.cert_store_stats()["x509"]:
        raise KubeconfigError("its certificate-authority holds no certificate")
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    # As Go does: whatever is in the file is trusted, be it no root; and clusters' CAs are often laxer than RFC 5280.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.set_alpn_protocols(PROTOCOLS)
    return context


def show(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Let a context show a client certificate; raises KubeconfigError where it and the key are no pair."""
    with _readable(certificate + b"\n" + key) as path:
        try:
            context.load_cert_chain(path, password=_no_password)
        except ssl.SSLError as error:
            reason = error.reason or "not PEM"
            raise KubeconfigError(f"its client certificate and key cannot be used: {reason}") from None


def _no_password() -> NoReturn:
    # OpenSSL would ask for it at the terminal.
    raise KubeconfigError("its client key is encrypted, which no kubeconfig can be")


@contextmanager
def _readable(data: bytes) -> Iterator[str]:
    """Give the data a path for a moment, as OpenSSL reads keys from paths alone; in memory where the system can."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("kubechaos")
        try:
            os.write(descriptor, data)
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
        return
    import tempfile  # here, as it loads much that nobody else needs

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pair"
        path.touch(mode=0o600)
        path.write_bytes(data)
        yield str(path)
