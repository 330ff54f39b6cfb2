"""How a device is told to trust our CA, in one line a platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_DEBIAN = "/usr/local/share/ca-certificates/stairgate.crt"


def advice(certificate: Path) -> list[str]:
    """What a person does on each platform, given the file of the CA's public part."""
    steps = {
        "Debian, Ubuntu": f"sudo cp {certificate} {_DEBIAN} && sudo update-ca-certificates",
        "Fedora": f"sudo trust anchor {certificate}",
        "Firefox": "Settings, Privacy & Security, View Certificates, Authorities, Import",
        "macOS": "open the file, add it to the System keychain, set Trust to Always Trust",
        "Windows": "open the file, Install Certificate, Local Machine, Trusted Root",
        "Android": "Settings, Security, Encryption & credentials, Install a certificate, CA certificate",
        "iPhone, iPad": "install the file; then Settings, General, About, Certificate Trust Settings",
    }
    head = f"To see the block page inside HTTPS, devices must trust this household's CA: {certificate}"
    return [head, *(f"  {platform:<14}  {step}" for platform, step in steps.items())]
