import Testing

@testable import Secrets

@Suite struct WipedBufferTests {
    private func text(_ buffer: borrowing WipedBuffer) -> String {
        buffer.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `texts, secrets and bytes are put one after another`() {
        var buffer = WipedBuffer()
        #expect(text(buffer).isEmpty)
        buffer.append("a: ")
        buffer.append(Secret("value"))
        [UInt8(0x21), 0x0a].withUnsafeBytes { buffer.append($0) }
        buffer.append("")
        #expect(text(buffer) == "a: value!\n")
        #expect(buffer.count == 10)
    }

    @Test func `contents survive every growth`() {
        var buffer = WipedBuffer(capacity: 1)
        let line = "0123456789"
        for _ in 0..<5000 { buffer.append(line) }
        #expect(text(buffer) == String(repeating: line, count: 5000))
    }
}

@Suite struct SHA256Tests {
    /// https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values, and FIPS 180-4's long one.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ])
    func `digests are those of the standard`(text: String, digest: String) {
        let hex = sha256(text.utf8).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        #expect(hex == digest)
    }
}
