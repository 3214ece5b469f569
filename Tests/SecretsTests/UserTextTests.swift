import Secrets
import Testing

/// What a message shows of the words that somebody typed.
@Suite struct UserTextTests {
    /// Made at run time, so that no file of the repository holds what looks like a credential.
    private static let hex = String(repeating: "0123456789abcdef", count: 3).prefix(40)
    private static let letters = String(repeating: "aB3", count: 12)
    private static let credentials: [String] = [
        "pul" + "-" + hex, "ghp" + "_" + letters, "gho" + "_" + letters, "ghu" + "_" + letters, "ghs" + "_" + letters,
        "ghr" + "_" + letters, "github" + "_pat_" + letters, "glpat" + "-" + letters, "AKIA" + "ABCDEFGHIJKLMNOP",
        "ASIA" + "ABCDEFGHIJKLMNOP", "eyJ" + letters + ".eyJ" + letters + "." + letters,
        "eyJ" + letters + ".eyJ" + letters + ".",
    ]

    @Test(arguments: credentials)
    func `what has the shape of a credential is never shown`(credential: String) {
        for text in [
            credential, "--env-name=\(credential)", "\(credential) behind", "«\(credential)»\n",
            credential + credential,
        ] {
            #expect(UserText.holdsCredential(text))
            #expect(!UserText.hidingCredentials(text).contains(credential.prefix(12)))
            #expect(!UserText.quoted(text).contains(credential.prefix(12)))
        }
        #expect(UserText.hidingCredentials("before \(credential), after") == "before ***, after")
        #expect(UserText.quoted(credential) == "'***'")
    }

    @Test(arguments: [
        ("https://jo:secret@example.com/x", "https://***@example.com/x"),
        ("postgres://u:p@h:1/d and s3://b", "postgres://***@h:1/d and s3://b"),
        ("http://a:b@c@d/", "http://***@d/"),
    ])
    func `nor is the password of a URL`(text: String, shown: String) {
        #expect(UserText.holdsCredential(text))
        #expect(UserText.hidingCredentials(text) == shown)
    }

    @Test(arguments: [
        "", "a", "pul-", "pul-abc", "pulumi-token", "ghp_short", "AKIA", "eyJhbGciOi", "eyJh.b",
        "https://example.com:80/a@b",
        "ssh://git@example.com", "mailto:a@b", "v1.2.3", "0123456789abcdef0123456789abcdef01234567", "é",
    ])
    func `other words are shown as they are`(text: String) {
        #expect(!UserText.holdsCredential(text))
        #expect(UserText.hidingCredentials(text) == text)
        #expect(UserText.quoted(text) == "'\(text)'")
    }

    @Test func `a long text is cut, and control characters become blanks`() {
        let long = String(repeating: "x", count: 61)
        #expect(UserText.quoted(long) == "'" + String(repeating: "x", count: 57) + "...'")
        #expect(UserText.quoted(String(repeating: "x", count: 60)) == "'" + String(repeating: "x", count: 60) + "'")
        #expect(UserText.quoted("a\nb\u{1b}[0m") == "'a b [0m'")
    }

    @Test func `a credential is hidden before the text is cut`() {
        let credential = Self.credentials[0]
        #expect(!UserText.quoted(String(repeating: "x", count: 50) + " " + credential).contains("pul"))
    }
}
