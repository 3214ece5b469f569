import HostSystem
import PulumiCloud
import TestBench
import Testing

@testable import Credentials

/// Which cloud is talked to.
@Suite struct CloudChoiceTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
    }

    /// - Parameter current: of the CLI's login; nil without a login.
    private func choose(
        _ option: String?,
        _ environment: [String: String] = [:],
        current: String? = nil
    ) throws -> (choice: CloudChoice, skipped: [String], readLogin: Bool) {
        var skipped: [String] = []
        var readLogin = false
        if let current { try folder.write(#"{"current":"\#(current)"}"#, to: "credentials.json") }
        let choice = try CloudChoice.choose(
            option.map { NamedText($0, place: "--cloud-url") },
            environment: Environment(environment),
            skipped: { skipped.append($0) },
            login: { () throws(CredentialError) in
                readLogin = true
                return try PulumiLogin.load(Environment(["PULUMI_CREDENTIALS_PATH": folder.path]))
            }
        )
        return (choice, skipped, readLogin)
    }

    @Test(
        arguments: [
            (
                "https://a.example", ["PULUMI_BACKEND_URL": "https://b.example", "PULUMI_API": "https://c.example"],
                "https://a.example", CloudChoice.Origin.named("--cloud-url")
            ),
            (
                nil, ["PULUMI_BACKEND_URL": "https://b.example", "PULUMI_API": "https://c.example"],
                "https://b.example",
                .named("PULUMI_BACKEND_URL")
            ),
            (
                nil, ["PULUMI_BACKEND_URL": "", "PULUMI_API": "https://c.example"], "https://c.example",
                .named("PULUMI_API")
            ),
        ] as [(String?, [String: String], String, CloudChoice.Origin)]
    )
    func `what is named comes first, and the login is not read`(
        option: String?,
        environment: [String: String],
        url: String,
        origin: CloudChoice.Origin
    ) throws {
        let (choice, skipped, readLogin) = try choose(option, environment, current: "https://login.example")
        #expect(choice == CloudChoice(url: try CloudURL(url), origin: origin))
        #expect(choice.mustBeExported)
        #expect(skipped == [])
        #expect(!readLogin)
    }

    @Test func `the login's current cloud comes next, and the job has to be told`() throws {
        let (choice, _, _) = try choose(nil, current: "https://login.example/")
        let path = folder.file("credentials.json")
        #expect(choice == CloudChoice(url: try CloudURL("https://login.example"), origin: .login(path)))
        #expect(choice.mustBeExported)
        let (usual, _, _) = try choose(nil, current: "https://api.pulumi.com")
        #expect(usual.mustBeExported)
    }

    @Test(arguments: [nil, "", "s3://bucket", "file://~", "not a URL", "https://app.pulumi.com"])
    func `at the end there is Pulumi's own`(current: String?) throws {
        let (choice, skipped, readLogin) = try choose(nil, current: current)
        #expect(choice == CloudChoice(url: .pulumiCloud, origin: .usual))
        #expect(!choice.mustBeExported)
        #expect(skipped == [])
        #expect(readLogin)
    }

    @Test(arguments: ["s3://bucket", "gs://b", "azblob://c", "file://~", "file:///tmp", "postgres://u:p@h/d", "S3://X"])
    func `a variable that names a DIY backend is passed over with a notice`(diy: String) throws {
        let (first, skipped, _) = try choose(nil, ["PULUMI_BACKEND_URL": diy, "PULUMI_API": "https://c.example"])
        #expect(first.origin == .named("PULUMI_API"))
        #expect(skipped == ["PULUMI_BACKEND_URL"])
        let (second, both, _) = try choose(nil, ["PULUMI_BACKEND_URL": diy, "PULUMI_API": diy])
        #expect(second.origin == .usual)
        #expect(both == ["PULUMI_BACKEND_URL", "PULUMI_API"])
    }

    @Test(arguments: ["--cloud-url", "PULUMI_BACKEND_URL", "PULUMI_API"])
    func `an address that is none names where it comes from`(place: String) {
        let isOption = place == "--cloud-url"
        #expect(
            throws: Explanation(
                .usage,
                "\(place) holds a user name or password",
                hint: "leave them out; the credential goes into PULUMI_ACCESS_TOKEN or a file"
            )
        ) { try choose(isOption ? "https://u:p@x.example" : nil, isOption ? [:] : [place: "https://u:p@x.example"]) }
        #expect(
            throws: Explanation(
                .usage,
                "\(place) is the web page app.pulumi.com, not the API",
                hint: "the API is https://api.pulumi.com, on a self-hosted Pulumi Cloud usually https://api.DOMAIN"
            )
        ) { try choose(isOption ? "https://app.pulumi.com" : nil, isOption ? [:] : [place: "https://app.pulumi.com"]) }
    }

    @Test func `an option that names a DIY backend is an error`() {
        #expect(
            throws: Explanation(
                .usage,
                "--cloud-url is a DIY backend (s3://), which has no tokens",
                hint: "name the Pulumi Cloud whose token is wanted, such as https://api.pulumi.com"
            )
        ) { try choose("s3://bucket") }
    }

    @Test func `a login that cannot be read is an error, unless it is not needed`() throws {
        try folder.write("{", to: "credentials.json")
        #expect(throws: Explanation.self) { try choose(nil) }
        #expect(try choose("https://a.example").choice.origin == .named("--cloud-url"))
    }

    @Test func `the action reads its input, and nothing that another step could have set`() throws {
        #expect(try CloudChoice.chooseForAction(nil) == CloudChoice(url: .pulumiCloud, origin: .usual))
        let input = NamedText("https://a.example/", place: "the input cloud-url")
        #expect(
            try CloudChoice.chooseForAction(input)
                == CloudChoice(url: try CloudURL("https://a.example"), origin: .named("the input cloud-url"))
        )
        #expect(
            throws: Explanation(
                .usage,
                "the input cloud-url is plain http to another machine",
                hint: "use https; plain http is for loopback addresses only"
            )
        ) { try CloudChoice.chooseForAction(NamedText("http://a.example", place: "the input cloud-url")) }
    }

    @Test(arguments: [
        ("https://api.pulumi.com/", true), ("https://API.pulumi.com", true), ("https://api.pulumi.com/x", false),
        ("s3://bucket", false), ("", false),
    ])
    func `addresses of the same cloud are recognised`(address: String, isSame: Bool) {
        #expect(CloudChoice(url: .pulumiCloud, origin: .usual).isAt(address) == isSame)
    }
}
