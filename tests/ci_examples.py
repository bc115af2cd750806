"""The CI examples as what their systems make of them: scripts, and the environment of each."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

EXAMPLES = Path(__file__).parents[1] / "examples"
INSTALL = "pip install"
SECRET = "STAGING_KUBECONFIG"


@dataclass
class Job:
    """A job of one of the examples, carried out in a folder step by step.

    `environment` is that of the machine; `kubeconfig` is the content of the secret.
    """

    folder: Path
    environment: dict[str, str]
    kubeconfig: str

    def github(self, *, install: bool) -> int:
        """Carry out examples/ci.yml, its Install step alone or all other ones; return the exit code."""
        job = _read("ci.yml")["jobs"]["chaos"]
        written, temporary = self.folder / "github_env", self.folder / "runner_temp"
        temporary.mkdir(exist_ok=True)
        written.touch()
        self.environment |= {**job["env"], "GITHUB_ENV": str(written), "RUNNER_TEMP": str(temporary)}
        code = 0
        for step in job["steps"]:
            if "run" in step and code == 0 and step["run"].startswith(INSTALL) == install:
                secret = {name: self._expression(value) for name, value in step.get("env", {}).items()}
                code = self._shell(step["run"], secret)
                self.environment |= dict(line.split("=", 1) for line in written.read_text().splitlines())
        return code

    def gitlab(self, *, install: bool) -> int:
        """Carry out examples/gitlab-ci.yml, its line that installs alone or all other ones; return the exit code."""
        job = _read("gitlab-ci.yml")["chaos"]
        secret = self.folder / "secret"
        secret.write_text(self.kubeconfig)
        variables = {name: value.replace(f"${SECRET}", str(secret)) for name, value in job["variables"].items()}
        lines = [line for line in job["script"] if line.startswith(INSTALL) == install]
        return self._shell("\n".join(lines), variables)

    def _expression(self, text: str) -> str:
        assert text == f"${{{{ secrets.{SECRET} }}}}"
        return self.kubeconfig

    def _shell(self, script: str, environment: dict[str, str]) -> int:
        environment = {**self.environment, **environment}
        return subprocess.run(["bash", "-e", "-c", script], cwd=self.folder, env=environment, check=False).returncode


def _read(name: str) -> Any:
    return yaml.safe_load((EXAMPLES / name).read_text())
