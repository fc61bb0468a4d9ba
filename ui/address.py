"""The address that a class types or scans."""

from __future__ import annotations

import io
import socket
from urllib.parse import urlsplit

import segno
import streamlit as st

from ui.language import t

LOCAL = {"localhost", "127.0.0.1", "::1", "0.0.0.0", None}


def lan_ip() -> str | None:
    """This machine's address in its network; None where it has none. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("10.255.255.255", 1))
            ip = str(probe.getsockname()[0])
        except OSError:
            return None
    return None if ip.startswith("127.") else ip


def class_address(url: str, listens_on: str | None, ip: str | None) -> str | None:
    """What phones must open, from the address that this browser opened; None if only this machine can.

    A browser on the teacher's own machine shows localhost: its phones need the machine's LAN address. Any
    other address is one that worked for somebody else already.
    """
    parts = urlsplit(url)
    if parts.hostname not in LOCAL:
        return f"{parts.scheme}://{parts.netloc}"
    if ip is None or listens_on in ("localhost", "127.0.0.1", "::1"):
        return None
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{ip}{port}"


def qr_png(text: str) -> bytes:
    """The text as a QR code, black on white in both themes so that every camera reads it."""
    out = io.BytesIO()
    segno.make(text, error="m").save(out, kind="png", scale=6, border=3)
    return out.getvalue()


def show() -> None:
    """The address for phones as text and as QR code."""
    address = class_address(st.context.url or "http://localhost", st.get_option("server.address"), lan_ip())
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="class-address"):
        if address is None:
            st.markdown(
                t(
                    "**For a class:** only this computer can open this page now. Start the app with "
                    "`--server.address 0.0.0.0` in a network that your class shares."
                )
            )
            return
        st.image(qr_png(address), width=168, alt=t("QR code of {address}", address=address))
        st.markdown(
            t("**For a class:** phones and laptops in the same network open this address, or scan the code:")
            + f"\n\n### {address}"
        )
