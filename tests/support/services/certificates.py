"""A certificate authority of the test's own, and keys that it signed, as PEM, PKCS12 and JKS."""

import pathlib
import subprocess

PASSWORD = "changeit"


class Certificates:
    """Files in `folder`: ca.pem, trust.p12, trust.jks, and per issued name NAME.pem, NAME.key, NAME.p12, NAME.jks,
    NAME-all.pem (key, certificate, authority)."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.password = PASSWORD
        folder.mkdir(parents=True, exist_ok=True)
        self._run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=ca",
                  "-keyout", "ca.key", "-out", "ca.pem")
        for kind in ("PKCS12", "JKS"):
            store = "trust.p12" if kind == "PKCS12" else "trust.jks"
            self._run("keytool", "-importcert", "-noprompt", "-alias", "ca", "-file", "ca.pem", "-keystore", store,
                      "-storetype", kind, "-storepass", PASSWORD)

    def issue(self, name: str, alternative_names: str = "DNS:localhost,IP:127.0.0.1", jks: bool = False) -> None:
        (self.folder / f"{name}.san").write_text(f"subjectAltName={alternative_names}\n")
        self._run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
                  "-out", f"{name}.csr")
        self._run("openssl", "x509", "-req", "-days", "30", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                  "-CAcreateserial", "-extfile", f"{name}.san", "-out", f"{name}.pem")
        self._run("openssl", "pkcs12", "-export", "-name", name, "-in", f"{name}.pem", "-inkey", f"{name}.key",
                  "-certfile", "ca.pem", "-passout", f"pass:{PASSWORD}", "-out", f"{name}.p12")
        if jks:
            self._run("keytool", "-importkeystore", "-noprompt", "-srckeystore", f"{name}.p12", "-srcstorepass", PASSWORD,
                      "-destkeystore", f"{name}.jks", "-deststoretype", "JKS", "-deststorepass", PASSWORD)
        parts = (f"{name}.key", f"{name}.pem", "ca.pem")
        (self.folder / f"{name}-all.pem").write_text("".join((self.folder / part).read_text() for part in parts))

    def path(self, name: str) -> pathlib.Path:
        return self.folder / name

    def _run(self, *command: str) -> None:
        done = subprocess.run(command, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
