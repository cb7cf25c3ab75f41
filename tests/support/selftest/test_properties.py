from support.properties import to_properties


def test_it_escapes_as_java_does() -> None:
    settings = {"a b": " x", "k=:#!": "a=b\n", "u": "é😀\\", "n": 5, "t": True}
    assert to_properties(settings) == ("a\\ b=\\ x\n" "k\\=\\:\\#\\!=a=b\\n\n" "u=\\u00e9\\ud83d\\ude00\\\\\n"
                                       "n=5\n" "t=true\n")
