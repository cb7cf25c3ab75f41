import socket

from support.ports import free_port, free_ports


def test_ports_differ_and_can_be_bound() -> None:
    ports = free_ports(5)
    assert len(set(ports)) == 5
    for port in ports:
        with socket.socket() as server:
            server.bind(("127.0.0.1", port))


def test_a_port_is_not_given_twice_while_its_holder_lives() -> None:
    first = free_port()
    assert first not in free_ports(20)
