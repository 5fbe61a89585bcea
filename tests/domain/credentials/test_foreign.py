"""Hashes that other systems made verify here, by the vectors that those systems publish."""

import hashlib
from typing import Any

import bcrypt
import pytest

from tenantry.domain.credentials.foreign import normalise_foreign, verify_foreign

# The hash parameters and the account in the README of github.com/firebase/scrypt.
FIREBASE = {
    "signerKey": "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==",
    "saltSeparator": "Bw==",
    "rounds": 8,
    "memCost": 14,
    "salt": "42xEC+ixf3L2lw==",
    "hash": "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
}

VECTORS: list[tuple[str | None, Any, str | bytes]] = [
    # bcrypt: the test vectors of crypt_blowfish 1.2 (openwall.com/crypt), those of py-bcrypt, and John the Ripper 1.7.9.
    ("Bcrypt", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"),
    ("bcrypt", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", "U*U*U"),
    (None, "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy", ""),
    (
        None,
        "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui",
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored",
    ),
    (None, "$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq", b"\xa3"),
    (
        None,
        "$2a$05$/OK.fbVrR/bpIqNJ5ianF.swQOIzjOiJ9GHEPuhEkvqrUyvWhEMx6",
        b"\xaa" * 72 + b"chars after 72 are ignored as usual",
    ),
    (None, "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.", ""),
    (None, "$2a$05$c92SVSfjeiCD6F2nAD6y0uBpJDjdRkt0EgeC4/31Rf2LUZbDRDE.O", "U*U*U*U*"),
    # The wraparound of 255 bytes that OpenBSD mended with $2b$: the tests of passlib.
    (
        None,
        "$2a$04$R1lJ2gkNaoPGdafE.H.16.1MKHPvmKwryeulRe225LKProWYwt9Oi",
        ("0123456789" * 26)[:257],
    ),
    # Argon2: src/test.c of the reference implementation, and argon2-jvm for Argon2d.
    (
        "Argon2i",
        "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
        "password",
    ),
    (
        "Argon2id",
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "password",
    ),
    (
        "Argon2d",
        "$argon2d$v=19$m=1024,t=2,p=1$dGhpc2lzdGhlc2FsdA$rkBsbLVYkXDowmxcwZ9qjpLuAbNjIPBXxmD27YvzHzw",
        "password",
    ),
    # Django: tests/auth_tests/test_hashers.py.
    ("Django", "pbkdf2_sha256$390000$seasalt$8xBlGd3jVgvJ+92hWPxi5ww0uuAuAnKgC45eudxro7c=", "lètmein"),
    (None, "pbkdf2_sha256$390000$seasalt2$geC/uZ92nRXDSjSxeoiBqYyRcrLzMm8xK3ro1QS1uo8=", "lètmein"),
    (None, "pbkdf2_sha1$390000$seasalt2$aDapRanzW8aHTz97v2TcfHzWD+I=", "lètmein"),
    (None, "sha1$seasalt$cff36ea83f5706ce9aa7454e63e431fc726b2dc8", "lètmein"),
    (None, "md5$seasalt$3f86d0d3d465b7b458c231bf3555c0e3", "lètmein"),
    (None, "md5$$88a434c88cca4e900f7874cd98123f43", "lètmein"),
    (None, "argon2$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$YC9+jJCrQhs5R6db7LlN8Q", "secret"),
    (
        None,
        (
            "argon2$argon2i$m=8,t=1,p=1$c29tZXNhbHQ$gwQOXSNhxiOxPOA0+PY10P9QFO4NAYysnqRt1GSQLE55m+2GYDt9FEjPMHhP2Cuf0nOEXXMocVrsJAtNSs"
            "Kyfg"
        ),
        "secret",
    ),
    (
        "Scrypt",
        "scrypt$16384$seasalt$8$1$Qj3+9PPyRjSJIebHnG81TMjsqtaIGxNQG/aEB/NYafTJ7tibgfYz71m0ldQESkXFRkdVCBhhY8mx7rQwite/Pw==",
        "lètmein",
    ),
    # Keycloak: rows of its table `credential`, as the tests of systems that read them hold them.
    (
        "Keycloak",
        {
            "secretData": '{"value":"x4QqNb57CHVDsuIM+UMaOeryY7WsOGhxPFzjhEQgoisZ2hrviOSvuokCIXFXHkvBF47BLXDj2MA/g4vUBMuJcw==",'
            '"salt":"IQU7tTvDbMtynBAFmSOrpA==","additionalParameters":{}}',
            "credentialData": '{"hashIterations":210000,"algorithm":"pbkdf2-sha512","additionalParameters":{}}',
        },
        "testpassword",
    ),
    (
        None,
        {
            "value": "uqz68HhH43ZYJhTWB1L/dudCRIhsud4Xx2NbeG/nOGs=",
            "salt": "0tjU8miBns3EPuTh63LYUA==",
            "hashIterations": 600000,
            "algorithm": "pbkdf2-sha256",
        },
        "testpassword",
    ),
    (
        "keycloak",
        {
            "type": "password",
            "hashedSaltedValue": "9yUI9up7DA09THuasmN5Z9pN+X5GUvJZY3lnXZYNB/gsGBtL8PjHANnR/H1G3IhhipUr27sBNJ4eek7AMP5UBw==",
            "salt": "VUBELKb6poajPUjlaK1zCQ==",
            "hashIterations": 27500,
            "algorithm": "pbkdf2-sha256",
        },
        "test123",
    ),
    # The Argon2id vector of the reference implementation in the form of Keycloak 25 and later.
    (
        "Keycloak",
        {
            "secretData": {"value": "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc=", "salt": "c29tZXNhbHQ="},
            "credentialData": {
                "hashIterations": 2,
                "algorithm": "argon2",
                "additionalParameters": {
                    "hashLength": ["32"],
                    "memory": ["65536"],
                    "type": ["id"],
                    "version": ["1.3"],
                    "parallelism": ["1"],
                },
            },
        },
        "password",
    ),
    # ASP.NET Identity: src/Identity/test/Identity.Test/PasswordHasherTest.cs, version 2 first.
    ("AspNetIdentity", "ANXrDknc7fGPpigibZXXZFMX4aoqz44JveK6jQuwY3eH/UyPhvr5xTPeGYEckLxz9A==", "my password"),
    ("ASP.NET Identity", "AQAAAAIAAAAyAAAAEOMwvh3+FZxqkdMBz2ekgGhwQ4B6pZWND6zgESBuWiHw", "my password"),
    (
        "AspNetIdentity",
        (
            "AQAAAAIAAAD6AAAAIJbVi5wbMR+htSfFp8fTw8N8GOS/Sje+S/4YZcgBfU7EQuqv4OkVYmc4VJl9AGZzmRTxSkP7LtVi9IWyUxX8IAAfZ8v+ZfhjCcudtC1Y"
            "ERSqE1OEdXLW9VukPuJWBBjLuw=="
        ),
        "my password",
    ),
    ("AspNetIdentity", "AQAAAAAAAAD6AAAAEAhftMyfTJylOlZT+eEotFXd1elee8ih5WsjXaR3PA9M", "my password"),
    (
        "AspNetIdentity",
        "AQAAAAEAA9CQAAAAIESkQuj2Du8Y+kbc5lcN/W/3NiAZFEm11P27nrSN5/tId+bR1SwV8CO1Jd72r4C08OLvplNlCDc3oQZ8efcW+jQ=",
        "my password",
    ),
    # PBKDF2 with SHA-1: RFC 6070; with SHA-256 RFC 7914 section 11; with SHA-512 the tests of passlib.
    (
        "PBKDF2",
        {
            "digest": "sha1",
            "iterations": 4096,
            "salt": "salt",
            "saltEncoding": "text",
            "hash": "4b007901b765489abead49d926f721d065a429c1",
        },
        "password",
    ),
    (
        "pbkdf2-sha1",
        {
            "iterations": "4096",
            "salt": "73616c7453414c5473616c7453414c5473616c7453414c5473616c7453414c5473616c74",
            "saltEncoding": "hex",
            "hash": "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038",
        },
        "passwordPASSWORDpassword",
    ),
    (
        "pbkdf2-sha256",
        {
            "iterations": 80000,
            "salt": "NaCl",
            "saltEncoding": "text",
            "hash": "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
            "a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d",
        },
        "Password",
    ),
    (
        "LDAP",
        (
            "{PBKDF2-SHA512}1212$RHY0Fr3IDMSVO/RSZyb5ow$eNLfBK.eVozomMr.1gYa17k9B7KIK25NOEshvhrSX.esqY3s.FvWZViXz4KoLlQI.BzY/YTNJOiKc5g"
            "BYFYGww"
        ),
        "password",
    ),
    (None, "{PBKDF2}1212$OB.dtnSEXZK8U5cgxU/GYQ$y5LKPOplRmok7CZp/aqVDVg8zGI", "password"),
    (
        None,
        "$pbkdf2-sha256$1212$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ",
        "password",
    ),
    # scrypt: RFC 7914 section 12, as an object and as the string of PHC.
    (
        "Scrypt",
        {
            "n": 1024,
            "r": 8,
            "p": 16,
            "salt": "NaCl",
            "saltEncoding": "text",
            "hash": "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
            "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640",
        },
        "password",
    ),
    (
        "scrypt",
        (
            "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU"
            "$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw"
        ),
        "pleaseletmein",
    ),
    ("FirebaseScrypt", FIREBASE, "user1password"),
    # phpass: the test program of openwall.com/phpass; phpBB writes $H$ for $P$.
    ("phpass", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", "test12345"),
    (None, "$H$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", "test12345"),
    # md5-crypt: John the Ripper and the tests of passlib.
    ("MD5-crypt", "$1$dXc3I7Rw$ctlgjDdWJLMT.qwHsWhXR1", "U*U*U*U*"),
    (None, "$1$jQS7o98J$V6iTcr71CGgwW2laf17pi1", "4lpHa N|_|M3r1K W/ Cur5Es: #$%(*)(*%#"),
    # sha256-crypt and sha512-crypt: the specification of Ulrich Drepper (akkadia.org/drepper/SHA-crypt.txt).
    ("sha256crypt", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", "Hello world!"),
    (None, "$5$rounds=123456$asaltof16chars..$gP3VQ/6X7UUEW3HkBn2w1/Ptq2jxPyzV/cZKmF/wJvD", "a short string"),
    (
        "sha512crypt",
        "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
        "Hello world!",
    ),
    # LDAP: RFC 2307 schemes by the tests of passlib and by its documentation.
    ("LDAP", "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "password"),
    (None, "{SSHA}pKqkNr1tq3wtQqk+UcPyA3HnA2NsU5NJ", "password"),
    (None, "{MD5}X03MO1qnZdYdgyfeuILPmQ==", "password"),
    (None, "{SMD5}OqsUXNHIhHbznxrqHoIM+ZT8DmE=", "password"),
    (
        None,
        "{SSHA512}f/lFQskkl7PdMsTGJxHZq8LDt/l+UqRMm6/pj4pV7/xZkcOaKCgvQqp+KCeXc/Vd4RY6vEHWn4y0DnFcQ6wgyv9fyxk=",
        "password",
    ),
    # {SSHA256}: the tests of SFTPGo.
    (None, "{SSHA256}czO44OTV17PcF1cRxWrLZLy9xHd7CWyVYplr1rOhuMlx/7IK", "test123"),
    (None, "{CRYPT}$1$gwvn5BO0$3dyk8j.UTcsNUPrLMsU6/0", "password"),
    # Plain digests: RFC 1321 appendix A.5 and FIPS 180-4's example "abc".
    ("MD5", "900150983cd24fb0d6963f7d28e17f72", "abc"),
    ("SHA1", "A9993E364706816ABA3E25717850C26C9CD0D89D", "abc"),
    ("SHA256", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", "abc"),
    (
        "SHA-512",
        (
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94f"
            "a54ca49f"
        ),
        "abc",
    ),
    # The same "abc", of which a part is the salt.
    ("MD5", {"hash": "900150983cd24fb0d6963f7d28e17f72", "salt": "a"}, "bc"),
    (
        "SHA1",
        {"hash": "a9993e364706816aba3e25717850c26c9cd0d89d", "salt": "bc", "saltPosition": "after"},
        "a",
    ),
    (
        "SHA256",
        {"hash": "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", "salt": "YQ==", "saltEncoding": "base64"},
        "bc",
    ),
    # Logto: packages/core/src/utils/password.test.ts and docs.logto.io/user-management/user-migration.
    (
        "Legacy",
        '["sha256", ["salt123", "@"], "c465f66c6ac481a7a17e9ed5b4e2e7e7288d892f12bf1c95c140901e9a70436e"]',
        "password123",
    ),
    ("Legacy", '["md5", ["@"], "51533f457802f105fc615463db7f0e20"]', "simple_password"),
    ("Legacy", ["sha1", ["prefix", "@", "suffix"], "1e51b70835fc01a385d43117299e147203d098c6"], "mypass"),
    # RFC 6070 and Firebase's account once more, in Logto's form.
    (
        "Legacy",
        '["pbkdf2", ["salt", "4096", "20", "sha1", "@"], "4b007901b765489abead49d926f721d065a429c1"]',
        "password",
    ),
    (
        None,
        '["pbkdf2Sync", ["hex:73616c74", "4096", "20", "sha1", "@"], "4b007901b765489abead49d926f721d065a429c1"]',
        "password",
    ),
    (
        "Legacy",
        [
            "firebase-scrypt",
            [FIREBASE["salt"], FIREBASE["signerKey"], FIREBASE["saltSeparator"], "8", "14", "@"],
            FIREBASE["hash"],
        ],
        "user1password",
    ),
]


def as_typed(password: str | bytes) -> bytes:
    return password if isinstance(password, bytes) else password.encode()


@pytest.mark.parametrize(("algorithm", "given_hash", "password"), VECTORS)
def test_a_published_hash_verifies_its_password_and_no_other(
    algorithm: str | None, given_hash: Any, password: str | bytes
) -> None:
    stored = normalise_foreign(algorithm, given_hash)
    assert verify_foreign(stored, as_typed(password))
    assert not verify_foreign(stored, b"!" + as_typed(password))


def test_what_is_stored_says_its_algorithm_and_is_read_again() -> None:
    prefixes = ("$2", "$argon2", "$1$", "$5$", "$6$", "$P$", "$H$", "tenantry$")
    for algorithm, given_hash, _ in VECTORS:
        stored = normalise_foreign(algorithm, given_hash)
        assert stored.startswith(prefixes)
        assert normalise_foreign(None, stored) == stored


def test_bcrypt_as_django_lifts_its_limit_tells_long_passwords_apart() -> None:
    hashed = bcrypt.hashpw(hashlib.sha256(b"x" * 100).hexdigest().encode(), bcrypt.gensalt(4)).decode()
    stored = normalise_foreign("Django", f"bcrypt_sha256${hashed}")
    assert verify_foreign(stored, b"x" * 100)
    assert not verify_foreign(stored, b"x" * 99)


def test_bcrypt_as_django_writes_it_is_bcrypt() -> None:
    hashed = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
    assert normalise_foreign("Django", f"bcrypt${hashed}") == hashed


def test_a_password_with_a_nul_or_of_endless_length_opens_nothing() -> None:
    stored = normalise_foreign("Bcrypt", bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode())
    assert verify_foreign(stored, b"secret")
    # bcrypt repeats the password with a NUL between, so that these two are one key to it.
    assert not verify_foreign(stored, b"secret\0secret")
    plain = normalise_foreign("SHA256", hashlib.sha256(b"x" * 513).hexdigest())
    assert not verify_foreign(plain, b"x" * 513)


def test_a_hash_that_is_cut_short_opens_nothing() -> None:
    for algorithm, given_hash, password in VECTORS:
        stored = normalise_foreign(algorithm, given_hash)
        assert not verify_foreign(stored[:-3], as_typed(password)), stored
        assert not verify_foreign(stored[: len(stored) // 2], as_typed(password)), stored
