"""The image archive, read back as containerd reads it."""

import io
import json
import tarfile

from devcluster.image import EXAMPLE, LOCAL_EXAMPLE, SANDBOX, archive

NAME = "io.containerd.image.name"


def files(tar: bytes) -> dict[str, bytes]:
    """Return the content of every file in a tar."""
    with tarfile.open(fileobj=io.BytesIO(tar)) as opened:
        return {info.name: read.read() for info in opened if (read := opened.extractfile(info)) and info.isfile()}


def example_archive(machine: str = "x86_64") -> dict[str, bytes]:
    """Return the files of an archive of a pretended busybox."""
    return files(archive(b"\x7fELF", ["sh", "httpd", "busybox"], machine))


def test_the_images_have_every_name_they_are_asked_for_by() -> None:
    index = json.loads(example_archive()["index.json"])
    names = {entry["annotations"][NAME]: entry["digest"] for entry in index["manifests"]}
    digest = names[EXAMPLE]
    assert names == {
        EXAMPLE: digest,
        LOCAL_EXAMPLE: digest,
        f"docker.io/library/busybox@{digest}": digest,
        SANDBOX: names[SANDBOX],
    }
    assert names[SANDBOX] != digest


def test_every_reference_leads_to_a_blob_of_that_digest_and_size() -> None:
    content = example_archive()
    for entry in json.loads(content["index.json"])["manifests"]:
        manifest = json.loads(content[blob(entry)])
        for part in (manifest["config"], *manifest["layers"]):
            assert len(content[blob(part)]) == part["size"]


def test_the_layer_holds_busybox_under_every_applet() -> None:
    content = example_archive()
    manifest = json.loads(content[blob(json.loads(content["index.json"])["manifests"][0])])
    with tarfile.open(fileobj=io.BytesIO(content[blob(manifest["layers"][0])])) as layer:
        assert layer.getmember("bin/httpd").linkname == "busybox"
        assert layer.getmember("bin/busybox").mode == 0o755
        assert layer.getmember("tmp").mode == 0o1777


def test_the_same_busybox_gives_the_same_archive() -> None:
    assert archive(b"a", ["sh"], "x86_64") == archive(b"a", ["sh"], "x86_64")


def test_the_image_names_the_architecture_as_go_does() -> None:
    content = example_archive("aarch64")
    manifest = json.loads(content[blob(json.loads(content["index.json"])["manifests"][0])])
    assert json.loads(content[blob(manifest["config"])])["architecture"] == "arm64"


def blob(descriptor: dict[str, str]) -> str:
    """Return the file of a blob."""
    return f"blobs/{descriptor['digest'].replace(':', '/')}"
