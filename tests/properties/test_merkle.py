"""The tree of RFC 6962: the vectors that Certificate Transparency has, and every small tree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tetra_es.integrity.merkle import MerkleTree, is_consistent, root_of_inclusion

LEAVES = [
    bytes.fromhex(one)
    for one in (
        *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Of the first N leaves."""
A = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
B = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
C = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
D = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
E = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
F = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
INCLUSION = {
    (0, 1): [],
    (0, 8): [E, A, D],
    (5, 8): [B, C, ROOTS[4]],
    (2, 3): [ROOTS[2]],
    (1, 5): [ROOTS[1], A, B],
}
CONSISTENCY = {(1, 1): [], (1, 8): [E, A, D], (6, 8): [F, C, ROOTS[4]], (2, 5): [A, B]}


def test_the_vectors_of_certificate_transparency() -> None:
    tree = MerkleTree(LEAVES)
    assert [tree.root(size).hex() for size in range(9)] == ROOTS
    for (index, size), proof in INCLUSION.items():
        assert [one.hex() for one in tree.inclusion(index, size)] == proof
    for (old, size), proof in CONSISTENCY.items():
        assert [one.hex() for one in tree.consistency(old, size)] == proof


@given(st.integers(1, 130), st.data())
@examples(8)
def test_proofs_lead_to_the_root_and_to_no_other(size: int, data: st.DataObject) -> None:
    leaves = [b"%d" % number for number in range(size)]
    tree = MerkleTree(leaves)
    index = data.draw(st.integers(0, size - 1))
    proof = tree.inclusion(index)
    assert root_of_inclusion(index, size, leaves[index], proof) == tree.root()
    assert root_of_inclusion(index, size, b"another", proof) != tree.root()
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        other = [*proof[:at], bytes(32), *proof[at + 1 :]]
        assert root_of_inclusion(index, size, leaves[index], other) != tree.root()
        with pytest.raises(ValueError, match="short"):
            root_of_inclusion(index, size, leaves[index], proof[:-1])
    with pytest.raises(ValueError, match="long"):
        root_of_inclusion(index, size, leaves[index], [*proof, bytes(32)])


@given(st.integers(1, 130), st.data())
@examples(8)
def test_a_tree_is_consistent_with_its_beginnings_alone(size: int, data: st.DataObject) -> None:
    tree = MerkleTree(b"%d" % number for number in range(size))
    old = data.draw(st.integers(1, size))
    proof = tree.consistency(old)
    assert is_consistent(old, size, tree.root(old), tree.root(), proof)
    assert not is_consistent(old, size, bytes(32), tree.root(), proof)
    assert not is_consistent(old, size, tree.root(old), bytes(32), proof)
    assert not is_consistent(old, size, tree.root(old), tree.root(), [*proof, bytes(32)])
    if proof:
        assert not is_consistent(old, size, tree.root(old), tree.root(), proof[:-1])


def test_what_no_tree_has() -> None:
    tree = MerkleTree(LEAVES)
    for asked in (lambda: tree.root(9), lambda: tree.inclusion(8), lambda: tree.inclusion(3, 3)):
        with pytest.raises(ValueError, match="leaves"):
            asked()
    for old in (0, 9):
        with pytest.raises(ValueError, match="leaves"):
            tree.consistency(old)
    with pytest.raises(ValueError, match="no such leaf"):
        root_of_inclusion(8, 8, b"", [])
    assert not is_consistent(0, 8, bytes(32), tree.root(), [])
