"""How TLS is spoken: whom we trust, and the certificate that we show."""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

from ..errors import KubeconfigError
from .secrets import SecretBytes

PROTOCOLS: Final = ["http/1.1"]
"""For ALPN: a server that prefers HTTP/2 must learn that http.client does not speak it."""


def trusting(ca: bytes, insecure: bool) -> ssl.SSLContext:
    """Return a context that trusts these CAs (PEM), the system's if there are none, or anybody if `insecure`.

    Raises KubeconfigError where `ca` holds no certificate.
    """
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
    # As in Go's crypto/x509, every certificate of the file is trusted, also one that is no root. VERIFY_X509_STRICT,
    # Python's default since 3.13, refuses the CAs of many clusters, which lack extensions that RFC 5280 demands.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.set_alpn_protocols(PROTOCOLS)
    return context


def show(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Make a context show a client certificate; raises KubeconfigError where it and the key are no pair."""
    with _readable(SecretBytes(certificate + b"\n" + key)) as path:
        try:
            context.load_cert_chain(path, password=_no_password)
        except ssl.SSLError as error:
            reason = error.reason or "not PEM"
            raise KubeconfigError(f"its client certificate and key cannot be used: {reason}") from None


def _no_password() -> NoReturn:
    # Without a callback OpenSSL would ask for the password at the terminal, and a test run would hang.
    raise KubeconfigError("its client key is encrypted, which no kubeconfig can be")


@contextmanager
def _readable(data: bytes) -> Iterator[str]:
    """Give the data a path inside of the block, since Python's ssl reads keys from paths alone.

    In memory where the system can, so that no private key is left on a disk.
    """
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
