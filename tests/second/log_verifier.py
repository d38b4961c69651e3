"""A second verifier of logs, written from RFC 9162, section 2.1, and the texts of C2SP alone, naively, to be compared.

It shares nothing with `relto`. What the texts define by recursion is recursion here; a proof is undone as it was
defined, which is not how section 2.1.3.2 and section 2.1.4.2 check one. Whatever does not hold raises `Wrong`.
"""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
# "Unicode spaces": the characters that have the property White_Space.
SPACES = set(map(chr, [*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F]))
SPACES |= {"\u205f", "\u3000"}


class Wrong(Exception):
    pass


def require(holds):
    if not holds:
        raise Wrong


def sha256(data):
    return hashlib.sha256(data).digest()


# Section 2.1.1: MTH, over the entries D[n].


def split(n):
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(entries):
    n = len(entries)
    if n == 0:
        return sha256(b"")
    if n == 1:
        return sha256(b"\x00" + entries[0])
    k = split(n)
    return sha256(b"\x01" + mth(entries[:k]) + mth(entries[k:]))


# Section 2.1.3.1: PATH.


def path(m, entries):
    n = len(entries)
    if n == 1:
        return []
    k = split(n)
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def root_by_path(leaf, m, n, proof):
    """The root to which PATH(m, D[n]) leads from the leaf."""
    if n == 1:
        require(proof == [])
        return leaf
    require(proof)
    k = split(n)
    if m < k:
        return sha256(b"\x01" + root_by_path(leaf, m, k, proof[:-1]) + proof[-1])
    return sha256(b"\x01" + proof[-1] + root_by_path(leaf, m - k, n - k, proof[:-1]))


def includes(leaf, m, n, proof, root):
    """Whether PATH(m, D[n]) leads from the leaf to the root."""
    try:
        require(0 <= m < n < 2**63 and all(len(each) == 32 for each in [leaf, root, *proof]))
        return root_by_path(leaf, m, n, list(proof)) == root
    except Wrong:
        return False


# Section 2.1.4.1: PROOF and SUBPROOF.


def proof_of(m, entries):
    return subproof(m, entries, True) if 0 < m < len(entries) else []


def subproof(m, entries, known):
    n = len(entries)
    if m == n:
        return [] if known else [mth(entries)]
    k = split(n)
    if m <= k:
        return [*subproof(m, entries[:k], known), mth(entries[k:])]
    return [*subproof(m - k, entries[k:], False), mth(entries[:k])]


def roots_by_proof(m, n, proof, known, old_root):
    """The hashes of D[0:m] and D[n] that SUBPROOF(m, D[n], known) leads to."""
    if m == n:
        require(len(proof) == (0 if known else 1))
        return (old_root, old_root) if known else (proof[0], proof[0])
    require(proof)
    k = split(n)
    if m <= k:
        old, new = roots_by_proof(m, k, proof[:-1], known, old_root)
        return old, sha256(b"\x01" + new + proof[-1])
    old, new = roots_by_proof(m - k, n - k, proof[:-1], False, old_root)
    return sha256(b"\x01" + proof[-1] + old), sha256(b"\x01" + proof[-1] + new)


def consistent(m, old_root, n, new_root, proof):
    """Whether the tree of m leaves is the beginning of that of n; with no leaves, every tree begins."""
    try:
        require(0 <= m <= n < 2**63 and all(len(each) == 32 for each in [old_root, new_root, *proof]))
        if m == 0:
            require(old_root == sha256(b"") and len(proof) == 0)
            return n > 0 or new_root == old_root
        return roots_by_proof(m, n, list(proof), True, old_root) == (old_root, new_root)
    except Wrong:
        return False


# tlog-tiles: the n-th tile at level l of the tree over D.


def tile(level, n, entries):
    step = 256**level
    whole = len(entries) // step
    return [mth(entries[i * step : (i + 1) * step]) for i in range(n * 256, min(n * 256 + 256, whole))]


# RFC 4648, section 4, in the one form that an encoder writes.


def base64(text):
    require(text and len(text) % 4 == 0)
    padding = 2 if text.endswith("==") else 1 if text.endswith("=") else 0
    bits = ""
    for character in text[: len(text) - padding]:
        require(character in ALPHABET)
        bits += format(ALPHABET.index(character), "06b")
    unused = {0: 0, 1: 2, 2: 4}[padding]
    require("1" not in bits[len(bits) - unused :])
    bits = bits[: len(bits) - unused]
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))


def decimal(text):
    require(text != "" and all(character in "0123456789" for character in text) and len(text) < 20)
    require(text == "0" or text[0] != "0")
    require(int(text) < 2**63)
    return int(text)


# signed-note and tlog-cosignature.


def is_name(text):
    return text != "" and not any(character in SPACES or character == "+" or character < " " for character in text)


def vkey(text):
    """(name, id, kind, public key)."""
    name, identifier, encoded = text.split("+", 2)
    raw = base64(encoded)
    kind, public = raw[0], raw[1:]
    computed = sha256(name.encode() + b"\n" + bytes([kind]) + public)[:4]
    require(is_name(name) and kind in (1, 4) and len(public) == 32 and computed.hex() == identifier)
    return name, computed, kind, public


def note(raw):
    """(text, [(name, id, signature)])."""
    try:
        whole = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Wrong from None
    require(all(character >= " " or character == "\n" for character in whole))
    lines = whole.split("\n")
    require(lines[-1] == "")
    del lines[-1]
    require("" in lines)
    blank = max(number for number, line in enumerate(lines) if line == "")
    # The text ends with the newline before the empty line, so there is a line before it, though it may be empty.
    require(blank >= 1)
    text = "".join(line + "\n" for line in lines[:blank])
    signatures = []
    for line in lines[blank + 1 :]:
        parts = line.split(" ")
        require(len(parts) == 3 and parts[0] == "\u2014" and is_name(parts[1]))
        blob = base64(parts[2])
        require(len(blob) > 4)
        signatures.append((parts[1], blob[:4], blob[4:]))
    require(signatures)
    return text, signatures


def ed25519(public, message, signature):
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def signers(raw, vkeys):
    """The text of a note, and the set of (vkey, time) that signed it."""
    text, signatures = note(raw)
    found = set()
    for key in vkeys:
        name, identifier, kind, public = vkey(key)
        for line_name, line_identifier, signature in signatures:
            if (line_name, line_identifier) != (name, identifier):
                continue
            if kind == 1:
                require(ed25519(public, text.encode(), signature))
                found.add((key, None))
            else:
                time = int.from_bytes(signature[:8], "big")
                require(len(signature) == 72 and time < 2**63)
                message = "cosignature/v1\n" + "time " + str(time) + "\n" + text
                require(ed25519(public, message.encode(), signature[8:]))
                found.add((key, time))
    require(found)
    return text, found


# tlog-checkpoint and tlog-proof.


def checkpoint(text):
    """(origin, size, root)."""
    require(text.endswith("\n"))
    lines = text[:-1].split("\n")
    require(len(lines) >= 3 and all(lines))
    size, root = decimal(lines[1]), base64(lines[2])
    require(len(root) == 32 and (size > 0 or root == sha256(b"")))
    return lines[0], size, root


def head(raw):
    """The lines before the first empty one, and the bytes behind it."""
    at = raw.find(b"\n\n")
    require(at >= 0)
    try:
        return raw[:at].decode("ascii").split("\n"), raw[at + 2 :]
    except UnicodeDecodeError:
        raise Wrong from None


def hashes(lines, most):
    found = [base64(line) for line in lines]
    require(len(found) <= most and all(len(each) == 32 for each in found))
    return found


def tlog_proof(raw):
    """(index, hashes, checkpoint's note, extra)."""
    lines, under = head(raw)
    require(lines[0] == "c2sp.org/tlog-proof@v1")
    del lines[0]
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = base64(lines[0][6:])
        del lines[0]
    require(lines and lines[0].startswith("index "))
    return decimal(lines[0][6:]), hashes(lines[1:], 63), under, extra


def is_logged(raw, entry, *, origin, log_vkeys, witness_vkeys, quorum):
    """The steps of tlog-proof, "Verifying a tlog proof", with the policy "k of n"."""
    try:
        index, proof, under, _ = tlog_proof(raw)
        text, found = signers(under, [*log_vkeys, *witness_vkeys])
        logs, size, root = checkpoint(text)
        require(logs == origin)
        require(any(key in log_vkeys for key, _ in found))
        require(len({vkey(key)[0] for key, _ in found if key in witness_vkeys}) >= quorum)
        return includes(sha256(b"\x00" + entry), index, size, proof, root)
    except Wrong:
        return False
