import HostSystem
import PulumiCloud
import Secrets
import StubTransport
import TestBench
import Testing

@testable import Credentials

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The Pulumi CLI's `credentials.json`.
@Suite struct PulumiLoginTests {
    private let folder: ScratchFolder
    private let now: Int64 = 1_800_000_000

    init() throws {
        folder = try ScratchFolder()
    }

    private var path: String { folder.file("credentials.json") }

    private func load(_ text: String, mode: mode_t = 0o600) throws -> PulumiLogin? {
        try folder.write(text, to: "credentials.json", mode: mode)
        return try PulumiLogin.load(Environment(["PULUMI_CREDENTIALS_PATH": folder.path]), by: .patient)
    }

    private func entry(_ text: String, for url: String = "https://api.pulumi.com") throws -> PulumiLogin.Entry? {
        try load(text)?.entry(for: try CloudURL(url), now: now)
    }

    private func refusal(_ text: String) throws -> Explanation? {
        try folder.write(text, to: "credentials.json")
        let url = try CloudURL("https://api.pulumi.com")
        return explanation { () throws(CredentialError) in
            try PulumiLogin.load(Environment(["PULUMI_CREDENTIALS_PATH": folder.path]), by: .patient)?.entry(
                for: url,
                now: now
            )
        }
    }

    @Test(
        arguments: [
            (["PULUMI_CREDENTIALS_PATH": "/a", "PULUMI_HOME": "/b", "HOME": "/c"], ["/a"]),
            (["PULUMI_CREDENTIALS_PATH": "", "PULUMI_HOME": "/b", "HOME": "/c"], ["/b"]),
            // The home of the password database, whatever HOME says: so does the CLI.
            (["PULUMI_HOME": "", "HOME": "/c"], ["/home/me/.pulumi", "/c/.pulumi"]),
            (["HOME": "/home/me"], ["/home/me/.pulumi"]), (["HOME": ""], ["/home/me/.pulumi"]),
            ([:], ["/home/me/.pulumi"]),
        ] as [([String: String], [String])]
    )
    func `the places are those of the CLI, in its order`(environment: [String: String], folders: [String]) throws {
        let passwords = try folder.write(
            "root:x:4294967290:0::/nowhere:/bin/sh\nme:x:\(getuid()):0:Me:/home/me:/bin/sh\nother:x:\(getuid()):0::/o:\n",
            to: "passwd"
        )
        #expect(PulumiFolder.candidates(in: Environment(environment), passwords: passwords) == folders)
    }

    @Test(arguments: ["", "me:x:4294967290:0::/home/me:/bin/sh\n", "broken\n"])
    func `a user whom the database does not know has HOME`(database: String) throws {
        let passwords = try folder.write(database, to: "passwd")
        #expect(PulumiFolder.candidates(in: Environment(["HOME": "/c"]), passwords: passwords) == ["/c/.pulumi"])
        #expect(PulumiFolder.candidates(in: Environment([:]), passwords: passwords) == [])
        #expect(PulumiFolder.candidates(in: Environment(["HOME": "/c"]), passwords: "/nowhere") == ["/c/.pulumi"])
    }

    @Test func `the place that holds the file counts, and there is none where none does`() throws {
        try folder.makeFolder("database")
        try folder.makeFolder("home")
        try folder.makeFolder("home/.pulumi")
        let passwords = try folder.write(
            "me:x:\(getuid()):0::\(folder.file("database")):/bin/sh\n",
            to: "passwd"
        )
        func holding() -> String? {
            PulumiFolder.holding(
                "config.json",
                in: Environment(["HOME": folder.file("home")]),
                passwords: passwords
            )
        }
        #expect(holding() == nil)
        try folder.write("{}", to: "home/.pulumi/config.json")
        #expect(holding() == folder.file("home/.pulumi"))
        try folder.makeFolder("database/.pulumi")
        try folder.write("{}", to: "database/.pulumi/config.json")
        #expect(holding() == folder.file("database/.pulumi"))
    }

    @Test func `what decides the backend can be given to a job, and no token with it`() throws {
        let login = try load(
            """
            {"version": 1, "current": "file://~",
             "accessTokens": {"https://api.pulumi.com": "value-1", "file://~": ""},
             "accounts": {"https://api.pulumi.com": {"accessToken": "value-2", "username": "jo"},
                          "https://self.example": {"accessToken": "value-3", "refreshToken": "value-4"}},
             "credentialHelper": "value-5"}
            """
        )
        let copy = String(decoding: login?.withoutTokens(choosing: nil) ?? [], as: UTF8.self)
        #expect(
            copy == #"{"version":1,"current":"file://~","accounts":{"file://~":{},"#
                + #""https://api.pulumi.com":{},"https://self.example":{}}}"#
        )
        #expect(try load("{}")?.withoutTokens(choosing: nil) == Array(#"{"accounts":{}}"#.utf8))
        let chosen = String(decoding: login?.withoutTokens(choosing: "https://x.example") ?? [], as: UTF8.self)
        #expect(chosen.hasPrefix(#"{"version":1,"current":"https://x.example","#))
    }

    @Test func `a login that nobody can read in time is refused`() throws {
        #expect(mkfifo(path, 0o600) == 0)
        for reader in [Impatient.late, .interrupted] {
            let refusal = explanation { () throws(CredentialError) in
                try PulumiLogin.load(Environment(["PULUMI_CREDENTIALS_PATH": folder.path]), by: reader.reader)
            }
            #expect(refusal?.exitCode == .unreadableFile)
        }
    }

    @Test(
        arguments: [
            (#"{"credentialHelper":"/usr/bin/helper"}"#, "/usr/bin/helper"),
            (#"{"credentialHelper":{"path":"h"}}"#, "h"),
            (#"{"credentialHelper":""}"#, nil), ("{}", nil),
        ] as [(String, String?)]
    )
    func `a helper that the CLI has saved is known`(text: String, helper: String?) throws {
        #expect(try load(text)?.credentialHelper == helper)
    }

    @Test func `an account comes before a bare token`() throws {
        let login = try load(
            """
            {"current": "https://api.pulumi.com",
             "accessTokens": {"https://api.pulumi.com": "bare", "https://api.example.com": "other"},
             "accounts": {"https://api.pulumi.com": {"accessToken": "account", "username": "jo", "organizations": ["a"],
                "lastValidatedAt": "2027-01-15T07:00:00Z", "insecure": false}}}
            """
        )
        #expect(login?.current == "https://api.pulumi.com")
        #expect(
            try login?.entry(for: .pulumiCloud, now: now)
                == PulumiLogin.Entry(token: Secret("account"), user: "jo", path: path, isExposed: false)
        )
        #expect(
            try login?.entry(for: try CloudURL("https://api.example.com"), now: now)
                == PulumiLogin.Entry(token: Secret("other"), user: nil, path: path, isExposed: false)
        )
        #expect(try login?.entry(for: try CloudURL("https://api.example.org"), now: now) == nil)
    }

    @Test(arguments: [
        ("https://api.example.com", "https://api.example.com"), ("https://api.example.com/", "https://api.example.com"),
        ("https://api.example.com", "https://api.example.com/"),
        ("HTTPS://API.example.com/", "https://api.example.com"),
        ("https://example.com/pulumi/", "https://example.com/pulumi"),
    ])
    func `the key is the backend's address, with a slash at the end or without`(key: String, url: String) throws {
        #expect(try entry(#"{"accessTokens":{"\#(key)":"value"}}"#, for: url)?.token.text == "value")
        #expect(try entry(#"{"accounts":{"\#(key)":{"accessToken":"value"}}}"#, for: url)?.token.text == "value")
    }

    @Test func `of two spellings the CLI's own counts`() throws {
        for _ in 0..<20 {
            let both = #"{"accessTokens":{"https://api.pulumi.com/":"slash","https://api.pulumi.com":"plain"}}"#
            #expect(try entry(both)?.token.text == "plain")
        }
    }

    @Test(arguments: [
        "https://api.example.com:8443", "http://localhost", "https://example.com", "https://api.pulumi.com/p",
    ])
    func `another address is another cloud`(key: String) throws {
        #expect(try entry(#"{"accessTokens":{"\#(key)":"value"}}"#) == nil)
    }

    @Test(arguments: [
        "", "\n", "{}", #"{"accessTokens":null,"accounts":null,"current":null}"#,
        #"{"accessTokens":{"s3://bucket":"","file://~":""},"accounts":{"s3://bucket":{"accessToken":""}}}"#,
        #"{"accounts":{"https://api.pulumi.com":{"accessToken":""}}}"#,
        #"{"accounts":{"https://api.pulumi.com":null}}"#, #"{"accounts":[],"accessTokens":"x"}"#,
    ])
    func `without a token for the cloud there is no login`(text: String) throws {
        #expect(try entry(text) == nil)
    }

    @Test func `an entry that makes no sense does not hide the others`() throws {
        let text = #"{"accessTokens":{"a":null,"https://api.pulumi.com":"value"},"accounts":{"b":7,"c":null}}"#
        #expect(try entry(text)?.token.text == "value")
    }

    @Test func `a login prints without its tokens`() throws {
        let login = try load(
            """
            {"accessTokens":{"https://api.pulumi.com":"value-1"},
             "accounts":{"https://api.pulumi.com":{"accessToken":"value-2"}}}
            """
        )
        var dumped = ""
        dump(login, to: &dumped)
        let entry = try login?.entry(for: .pulumiCloud, now: now)
        dump(entry, to: &dumped)
        for text in ["\(login as Any)", String(reflecting: login), "\(entry as Any)", dumped] {
            #expect(!text.contains("value"))
        }
    }

    @Test func `a DIY backend may be the current one`() throws {
        let login = try load(#"{"current":"s3://bucket","accessTokens":{"https://api.pulumi.com":"value"}}"#)
        #expect(login?.current == "s3://bucket")
        #expect(try login?.entry(for: .pulumiCloud, now: now)?.token.text == "value")
        #expect(try load(#"{"current":""}"#)?.current == nil)
    }

    @Test func `nobody has logged in where there is no file`() throws {
        #expect(try PulumiLogin.load(Environment(["PULUMI_CREDENTIALS_PATH": folder.path]), by: .patient) == nil)
        #expect(try PulumiLogin.load(Environment(["PULUMI_HOME": "/nowhere"]), by: .patient) == nil)
        #expect(try PulumiLogin.load(Environment(["PULUMI_HOME": "/dev/null"]), by: .patient) == nil)
    }

    @Test(arguments: ["{", "[]", "7", "access token", #"{"current":"x""#])
    func `a file that the CLI has not written is refused`(text: String) throws {
        #expect(
            try refusal(text)
                == Explanation(
                    .malformedFile,
                    "\(path) is not what the Pulumi CLI writes",
                    hint: "run pulumi login again, or set PULUMI_ACCESS_TOKEN"
                )
        )
    }

    @Test(arguments: [
        #"{"$pulumiSecureStore":1,"backend":"keyring","algo":"aes-256-gcm","nonce":"AA==","data":"AA=="}"#,
        #"{"$pulumiSecureStore":2}"#, #"{"$pulumiSecureStore":"1","current":"https://api.pulumi.com"}"#,
    ])
    func `an encrypted file is told from none`(text: String) throws {
        #expect(
            try refusal(text)
                == Explanation(
                    .notAllowed,
                    "cannot read \(path): the Pulumi CLI has encrypted it",
                    hint: "set PULUMI_ACCESS_TOKEN, or log in with PULUMI_CREDENTIAL_STORE=plaintext"
                )
        )
    }

    @Test(
        arguments: [
            ("2027-01-15T07:59:20Z", "40 seconds"), ("2027-01-15T08:00:00Z", "0 seconds"),
            ("2027-01-14T06:00:00+01:00", "1 day 3 hours"), ("2027-01-15T08:00:01Z", nil),
            ("0001-01-01T00:00:00Z", nil),
            ("soon", nil), ("", nil),
        ] as [(String, String?)]
    )
    func `a login that has expired is refused`(expiry: String, ago: String?) throws {
        let text = """
            {"accounts":{"https://api.pulumi.com":{"accessToken":"value","tokenInformation":
            {"name":"x","expiresAt":"\(expiry)"}}}}
            """
        guard let ago else {
            #expect(try entry(text)?.token.text == "value")
            return
        }
        #expect(
            try refusal(text)
                == Explanation(
                    .notAllowed,
                    "\(path) contains a login that expired \(ago) ago",
                    hint: "run pulumi login again"
                )
        )
    }

    @Test(arguments: [#"a b"#, #"a\nb"#, #"ä"#])
    func `a token that could not be sent is refused`(value: String) throws {
        let refusal = try refusal(#"{"accessTokens":{"https://api.pulumi.com":"\#(value)"}}"#)
        #expect(refusal?.exitCode == .malformedFile)
        #expect(refusal?.message.hasPrefix("\(path) does not look like a Pulumi token: it ") == true)
    }

    @Test(arguments: [(mode_t(0o600), false), (0o400, false), (0o640, true), (0o604, true), (0o660, true)])
    func `a file that others may read is noticed`(mode: mode_t, isExposed: Bool) throws {
        let login = try load(#"{"accessTokens":{"https://api.pulumi.com":"value"}}"#, mode: mode)
        #expect(try login?.entry(for: .pulumiCloud, now: now)?.isExposed == isExposed)
    }

    @Test func `a file that cannot be read is refused`() throws {
        try folder.makeFolder("credentials.json")
        let refusal = explanation { () throws(CredentialError) in
            try PulumiLogin.load(Environment(["PULUMI_CREDENTIALS_PATH": folder.path]), by: .patient)
        }
        #expect(
            refusal
                == Explanation(
                    .unreadableFile,
                    "cannot read \(path): is a directory",
                    hint: "check the path and the permissions of the file"
                )
        )
    }
}
