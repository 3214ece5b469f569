import HostSystem
import PulumiCloud
import Secrets
import TestBench
import Testing

@testable import TokenLifecycle

/// What the Pulumi CLI asks and is answered, and what goes over the socket in between.
@Suite struct HelperProtocolTests {
    private let backend = "https://api.pulumi.com"

    private func request(_ text: String) throws(Explanation) -> CredentialRequest {
        try CredentialRequest(Secret(text))
    }

    @Test(arguments: [
        (#"{"version":1,"reason":"initial"}"#, CredentialRequest(.initial)),
        (#"{"version":1,"reason":"expired","selectedBackendUrl":"https://x"}"#, .init(.expired, backend: "https://x")),
        (#"{"reason":"rejected","version":1,"selectedBackendUrl":""}"#, CredentialRequest(.rejected)),
        (#"{"version":1,"reason":"initial","selectedBackendUrl":null}"#, CredentialRequest(.initial)),
        (#" {"version":1,"later":{"a":[1]},"reason":"initial"} "#, CredentialRequest(.initial)),
    ])
    func `a request is read, and members that nobody knows are passed over`(
        text: String,
        expected: CredentialRequest
    ) throws {
        #expect(try request(text) == expected)
    }

    @Test(arguments: [
        "", "{}", "null", "[]", #"{"reason":"initial"}"#, #"{"version":"1","reason":"initial"}"#,
        #"{"version":1,"reason":"initial"} {}"#, #"{"version":1,"reason":"initial","selectedBackendUrl":7}"#,
        #"{"version":1,"reason":"initial""#,
    ])
    func `what is not a request is refused`(text: String) {
        #expect(throws: Explanation.notARequest) { try request(text) }
    }

    @Test func `another version and an unknown reason are refused in words`() {
        #expect(throws: Explanation.otherVersion(2)) { try request(#"{"version":2,"reason":"initial"}"#) }
        #expect(throws: Explanation.unknownReason) { try request(#"{"version":1,"reason":"bored"}"#) }
        #expect(throws: Explanation.unknownReason) { try request(#"{"version":1,"reason":null}"#) }
    }

    @Test func `an answer is one object, with a backend only for a CLI that has none`() {
        let text = { (answer: CredentialAnswer) in
            answer.encoded.reveal { String(decoding: $0, as: UTF8.self) }
        }
        #expect(text(.declined) == "{}\n")
        #expect(
            text(.token(Secret("value"), expires: 1_800_000_000, backend: nil))
                == #"{"version":1,"accessToken":"value","expiresAt":"2027-01-15T08:00:00Z"}"# + "\n"
        )
        #expect(
            text(.token(Secret("value"), expires: 0, backend: backend)).hasSuffix(
                #","backendUrl":"\#(backend)"}"# + "\n"
            )
        )
    }

    @Test func `what goes over the socket comes back as it was`() {
        let questions: [HelperQuestion] = [
            .credential(CredentialRequest(.rejected, backend: backend), asker: "pid:[1] 7 99"),
            .credential(CredentialRequest(.initial), asker: ""), .end,
        ]
        for question in questions { #expect(HelperQuestion(encoded: question.encoded) == question) }
        let replies: [HelperReply] = [
            .answer(.declined), .answer(.token(Secret("value"), expires: 7, backend: backend)),
            .ended(revoked: ["t-1", "t-2"].compactMap(TokenID.init)), .ended(revoked: []),
            .failure(Explanation(.notAllowed, "no", hint: "ask")), .failure(Explanation(.unavailable, "no")),
        ]
        for reply in replies { #expect(HelperReply(encoded: reply.encoded) == reply) }
        #expect(HelperQuestion(encoded: Secret("{}")) == nil && HelperReply(encoded: Secret("?")) == nil)
    }

    @Test func `this user and root may ask, and nobody whom the namespace does not know`() {
        let peer = HelperPeer(own: 1000, unmapped: nil)
        #expect(peer.accepts(1000) && peer.accepts(0))
        #expect(!peer.accepts(1001) && !peer.accepts(65534) && !peer.accepts(nil))
        let mapped = HelperPeer(own: 65534, unmapped: 65534)
        #expect(!mapped.accepts(65534) && mapped.accepts(0))
        #expect(HelperPeer.current().accepts(HelperPeer.current().own))
    }
}
