# python3 verify.py <scheme> <signature header> <secret> <now> ['Name: value' ...] < body
import base64
import hashlib
import hmac
import re
import sys
import time

TOLERANCE_S = 300


def standard_webhooks(headers, body, secret, now):
    """headers with names in lower case; body the bytes as they came."""
    id = headers.get("webhook-id")
    timestamp = headers.get("webhook-timestamp", "")
    signatures = headers.get("webhook-signature")
    if not id or not signatures or not is_fresh(timestamp, now):
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = sign(key, f"{id}.{timestamp}.", body)
    wanted = "v1," + base64.b64encode(digest).decode()
    # During a rotation there are several, separated by spaces; one that fits is enough.
    return any(is_equal(signature, wanted) for signature in signatures.split(" "))


def hmac_sha256(headers, body, secret, header):
    wanted = sign(secret.encode(), "", body).hex()
    return is_equal(headers.get(header, ""), wanted)


def timestamped(headers, body, secret, header, now):
    parts = headers.get(header, "").split(",")
    timestamp = next((part[2:] for part in parts if part.startswith("t=")), "")
    if not is_fresh(timestamp, now):
        return False
    wanted = "v1=" + sign(secret.encode(), f"{timestamp}.", body).hex()
    return any(is_equal(part, wanted) for part in parts)


def sign(key, prefix, body):
    return hmac.new(key, prefix.encode() + body, hashlib.sha256).digest()


def is_fresh(timestamp, now):
    return bool(re.fullmatch("[0-9]{1,12}", timestamp)) and abs(now - int(timestamp)) <= TOLERANCE_S


def is_equal(given, wanted):
    return hmac.compare_digest(given.encode(), wanted.encode())


def main():
    scheme, header, secret, at, *lines = sys.argv[1:]
    now = int(at) if at.isdigit() else time.time()
    pairs = (line.split(": ", 1) for line in lines)
    headers = {name.lower(): value for name, value in pairs}
    body = sys.stdin.buffer.read()
    if scheme == "standard-webhooks":
        verified = standard_webhooks(headers, body, secret, now)
    elif scheme == "hmac-sha256":
        verified = hmac_sha256(headers, body, secret, header.lower())
    else:
        verified = timestamped(headers, body, secret, header.lower(), now)
    print("ok" if verified else "rejected")


main()
