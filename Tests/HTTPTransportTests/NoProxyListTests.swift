import Testing

@testable import HTTPTransport

@Suite struct NoProxyListTests {
    @Test(arguments: [
        ("example.com", "example.com"), ("example.com", "api.example.com"), ("example.com", "a.b.example.com"),
        (".example.com", "example.com"), (".example.com", "api.example.com"), ("EXAMPLE.com", "Api.Example.COM"),
        ("example.com.", "example.com"), ("example.com", "example.com."), ("a.test,example.com", "example.com"),
        ("a.test example.com", "example.com"), (" a.test ,\texample.com ", "example.com"), ("*", "anything.test"),
        ("*", "192.0.2.1"), ("192.0.2.1", "192.0.2.1"), ("192.0.2.0/24", "192.0.2.77"), ("10.0.0.0/8", "10.255.0.1"),
        ("192.0.2.128/25", "192.0.2.200"), ("0.0.0.0/0", "203.0.113.9"), ("127.0.0.1", "127.0.0.1"),
        ("192.0.2.1/32", "192.0.2.1"), ("::1", "[::1]"), ("[::1]", "[::1]"), ("[2001:db8::]/32", "[2001:db8:1::2]"),
        ("2001:db8::/32", "[2001:db8:1::2]"), ("0:0:0:0:0:0:0:1", "[::1]"), ("localhost", "localhost"),
    ])
    func `names, addresses and networks are exceptions`(list: String, host: String) {
        #expect(NoProxyList(list).contains(host))
    }

    @Test(arguments: [
        ("", "example.com"), ("example.com", "notexample.com"), ("example.com", "example.com.test"),
        ("api.example.com", "example.com"), ("example.com", "com"), ("*,a.test", "example.com"),
        ("*.example.com", "api.example.com"), ("192.0.2.0/24", "192.0.3.1"), ("192.0.2.0", "192.0.2.1"),
        ("192.0.2.128/25", "192.0.2.100"), ("192.0.2.0/33", "192.0.2.0"), ("192.0.2.0/x", "192.0.2.0"),
        ("192.0.2.0/-1", "192.0.2.0"), ("0.0.0.0/0", "[::1]"), ("::/0", "192.0.2.1"), ("2", "192.0.2.2"),
        ("192.0.2.0/24", "192.0.2.1.example.com"), ("127.0.0.1", "localhost"), (".", "example.com"), (",", "a"),
    ])
    func `anything else goes through the proxy`(list: String, host: String) {
        #expect(!NoProxyList(list).contains(host))
    }
}

@Suite struct IPAddressTests {
    @Test(arguments: [
        ("192.0.2.1", [192, 0, 2, 1]), ("0.0.0.0", [0, 0, 0, 0]), ("255.255.255.255", [255, 255, 255, 255]),
        ("::1", [UInt8](repeating: 0, count: 15) + [1]), ("[::1]", [UInt8](repeating: 0, count: 15) + [1]),
        ("2001:DB8::ff", [0x20, 0x01, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [0xff]),
        ("::ffff:192.0.2.1", [UInt8](repeating: 0, count: 10) + [0xff, 0xff, 192, 0, 2, 1]),
    ])
    func `addresses are read`(text: String, bytes: [UInt8]) {
        #expect(IPAddress(text)?.bytes == bytes)
    }

    @Test(arguments: [
        "", "localhost", "192.0.2", "192.0.2.1.2", "192.0.2.256", "1", "0x7f.0.0.1", ":", "[]", "fe80::1%lo",
    ])
    func `anything else is a name`(text: String) {
        #expect(IPAddress(text) == nil)
    }
}
