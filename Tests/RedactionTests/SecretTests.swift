import Secrets
import TestBench
import Testing

@Suite struct SecretTests {
    private struct Credential {
        var owner = "owner"
        var value: Secret
        var spare: Secret?
    }

    private enum Source {
        case file(path: String, Secret)
    }

    private struct Failure: Error {
        var value: Secret
    }

    private let text: String
    private let secret: Secret

    init() {
        var generator = SeededGenerator(seed: 1)
        text = generator.token()
        secret = Secret(text)
    }

    /// Everything that Swift has to turn a value into text.
    private func printed(_ value: some Any) -> String {
        var dumped = ""
        dump(value, to: &dumped)
        var written = ""
        print(value, to: &written)
        debugPrint(value, to: &written)
        return "\(value) " + String(describing: value) + String(reflecting: value) + dumped + written
    }

    @Test func `every description is the same word`() {
        #expect(secret.description == "<redacted>")
        #expect(secret.debugDescription == "<redacted>")
        #expect("\(secret)" == "<redacted>")
        #expect(String(describing: secret) == "<redacted>")
        #expect(String(reflecting: secret) == "<redacted>")
        #expect("\([secret, secret])" == "[<redacted>, <redacted>]")
        #expect("\(Optional(secret) as Any)" == "Optional(<redacted>)")
        #expect("\(Failure(value: secret))" == "Failure(value: <redacted>)")
    }

    @Test func `a mirror shows no child`() {
        #expect(Mirror(reflecting: secret).children.isEmpty)
        #expect(Mirror(reflecting: secret).superclassMirror == nil)
    }

    @Test func `nothing that holds a secret prints it`() {
        #expect(!printed(secret).contains(text))
        #expect(!printed(Credential(value: secret, spare: secret)).contains(text))
        #expect(!printed(Source.file(path: "p", secret)).contains(text))
        #expect(!printed(["key": [secret]]).contains(text))
        #expect(!printed((1, secret)).contains(text))
        #expect(!printed(Failure(value: secret)).contains(text))
        #expect(printed(Credential(value: secret)).contains("owner"))
    }

    @Test func `nothing printed depends on the value`() {
        #expect(printed(secret) == printed(Secret("another, longer value")))
        #expect(printed(secret) == printed(Secret("")))
    }

    @Test func `secrets are equal when their bytes are`() {
        #expect(secret == Secret(text))
        #expect(secret == Secret(Array(text.utf8)))
        #expect(secret != Secret(text + " "))
        #expect(secret != Secret(String(text.dropLast())))
        #expect(secret != Secret(text.uppercased()))
        #expect(Secret("") == Secret([]))
        #expect(Secret([0]) != Secret([]))
    }

    @Test(arguments: 0..<44)
    func `one other byte makes another secret`(place: Int) {
        var bytes = Array(text.utf8)
        bytes[place] ^= 0x80
        #expect(secret != Secret(bytes))
    }

    @Test func `the value is revealed as it was given`() {
        let bytes = (0...255).map { UInt8($0) }
        #expect(Secret(bytes).bytes == bytes)
        #expect(Secret(bytes).count == 256)
        #expect(secret.plainText == text)
        #expect(secret.count == 44)
        #expect(!secret.isEmpty)
        #expect(Secret("").isEmpty)
        #expect(Secret("").bytes == [])
    }

    @Test func `a secret is a copy of what it was made of`() {
        var bytes = Array(text.utf8)
        let copy = Secret(bytes)
        wipe(&bytes)
        #expect(bytes == [])
        #expect(copy == secret)
    }
}
