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

    /// - Parameters:
    ///   - current: of the CLI's login; nil without a login.
    ///   - project: the backend that the project names; nil without a project.
    private func choose(
        _ option: String?,
        _ environment: [String: String] = [:],
        current: String? = nil,
        project: String? = nil
    ) throws -> (choice: CloudChoice, skipped: [String], readLogin: Bool) {
        var skipped: [String] = []
        var readLogin = false
        if let current { try folder.write(#"{"current":"\#(current)"}"#, to: "credentials.json") }
        let choice = try CloudChoice.choose(
            option.map { NamedText($0, place: "--cloud-url") },
            environment: Environment(environment),
            skipped: { skipped.append($0) },
            project: { () throws(Explanation) in project.map { ProjectBackend(url: $0, path: "/w/Pulumi.yaml") } },
            login: { () throws(CredentialError) in
                readLogin = true
                return try PulumiLogin.load(Environment(["PULUMI_CREDENTIALS_PATH": folder.path]), by: .patient)
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
    func `what is named comes first`(
        option: String?,
        environment: [String: String],
        url: String,
        origin: CloudChoice.Origin
    ) throws {
        let (choice, skipped, readLogin) = try choose(option, environment, current: "https://login.example")
        #expect(choice == CloudChoice(url: try CloudURL(url), origin: origin))
        #expect(choice.mustBeExported)
        #expect(skipped == [])
        // It is asked for nothing but whether it is a DIY backend, which stays.
        #expect(readLogin == ((environment["PULUMI_BACKEND_URL"] ?? "") == ""))
    }

    /// Option, variable, other variable, project, login: who names the cloud, which variable tells the job.
    @Test(
        arguments: [
            (nil, nil, nil, nil, nil, "https://api.pulumi.com", nil, nil),
            (nil, nil, nil, nil, "https://l", "https://l", "the login", "PULUMI_BACKEND_URL"),
            (
                nil, nil, nil, "https://p", "https://l", "https://p", "backend.url of /w/Pulumi.yaml",
                "PULUMI_BACKEND_URL"
            ),
            (
                nil, nil, nil, "https://api.pulumi.com", "https://l", "https://api.pulumi.com", "backend.url of",
                "PULUMI_BACKEND_URL"
            ),
            (nil, "https://b", nil, "https://p", "https://l", "https://b", "PULUMI_BACKEND_URL", "PULUMI_BACKEND_URL"),
            (nil, "https://b", "https://a", nil, nil, "https://b", "PULUMI_BACKEND_URL", "PULUMI_BACKEND_URL"),
            (nil, nil, "https://a", nil, "https://l", "https://a", "PULUMI_API", "PULUMI_BACKEND_URL"),
            (nil, nil, "https://p", "https://p", nil, "https://p", "PULUMI_API", "PULUMI_BACKEND_URL"),
            ("https://o", nil, nil, nil, "https://l", "https://o", "--cloud-url", "PULUMI_BACKEND_URL"),
            ("https://p", nil, nil, "https://p/", nil, "https://p", "--cloud-url", "PULUMI_BACKEND_URL"),
            ("https://o", "https://b", nil, "https://p", nil, "https://o", "--cloud-url", "PULUMI_BACKEND_URL"),
            // A DIY backend stays, whoever names it, and the other variable carries the cloud.
            (nil, "s3://b", nil, nil, nil, "https://api.pulumi.com", nil, nil),
            (nil, "s3://b", "https://a", nil, nil, "https://a", "PULUMI_API", "PULUMI_API"),
            (nil, "s3://b", nil, "https://p", "https://l", "https://l", "the login", "PULUMI_API"),
            ("https://o", "s3://b", nil, "https://p", nil, "https://o", "--cloud-url", "PULUMI_API"),
            (nil, nil, nil, "s3://p", nil, "https://api.pulumi.com", nil, nil),
            (nil, nil, nil, "s3://p", "https://l", "https://l", "the login", "PULUMI_API"),
            ("https://o", nil, nil, "file://~", nil, "https://o", "--cloud-url", "PULUMI_API"),
            (nil, nil, "https://a", nil, "file://~", "https://a", "PULUMI_API", "PULUMI_API"),
            ("https://o", nil, nil, nil, "s3://l", "https://o", "--cloud-url", "PULUMI_API"),
            (nil, nil, nil, nil, "file://~", "https://api.pulumi.com", nil, nil),
            ("https://o", "https://b", nil, nil, "s3://l", "https://o", "--cloud-url", "PULUMI_BACKEND_URL"),
            (nil, nil, nil, "https://p", "s3://l", "https://p", "backend.url of", "PULUMI_BACKEND_URL"),
        ] as [(String?, String?, String?, String?, String?, String, String?, String?)]
    )
    func `the order is the CLI's, and the job keeps its backend`(
        option: String?,
        backend: String?,
        api: String?,
        project: String?,
        login: String?,
        url: String,
        place: String?,
        variable: String?
    ) throws {
        var environment: [String: String] = [:]
        environment["PULUMI_BACKEND_URL"] = backend
        environment["PULUMI_API"] = api
        let choice = try choose(option, environment, current: login, project: project).choice
        #expect(choice.url == (try CloudURL(url)))
        #expect(place == nil ? choice.origin.place == nil : choice.origin.place?.hasPrefix(place ?? "") == true)
        #expect(choice.variable?.name == variable)
        #expect(choice.variable?.value == (variable == nil ? nil : choice.url.text))
    }

    @Test(arguments: ["--cloud-url", "PULUMI_API"])
    func `a project that names another cloud is an error that names both`(place: String) {
        let error = explanation { () throws(Explanation) in
            do {
                return try choose(
                    place == "--cloud-url" ? "https://o.example" : nil,
                    place == "--cloud-url" ? [:] : [place: "https://o.example"],
                    project: "https://p.example"
                ).choice
            } catch { throw error as? Explanation ?? Explanation(.failed, "\(error)") }
        }
        #expect(
            error
                == Explanation(
                    .usage,
                    "\(place) is https://o.example, but backend.url of /w/Pulumi.yaml is https://p.example",
                    hint: "set the same cloud in both, or only in one of them"
                )
        )
    }

    @Test func `a project whose backend is no address is an error that names it`() {
        let error = #expect(throws: Explanation.self) { try choose(nil, project: "ftp://x") }
        #expect(error?.message == "backend.url of /w/Pulumi.yaml is neither https nor http")
        #expect(error?.exitCode == .usage)
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
        #expect(choice.url == .pulumiCloud && choice.origin == .usual)
        #expect(!choice.mustBeExported)
        #expect(skipped == [])
        #expect(readLogin)
    }

    @Test(arguments: ["s3://bucket", "gs://b", "azblob://c", "file://~", "file:///tmp", "postgres://u:p@h/d", "S3://X"])
    func `a variable that names a DIY backend is passed over with a notice`(diy: String) throws {
        let (first, skipped, _) = try choose(nil, ["PULUMI_BACKEND_URL": diy, "PULUMI_API": "https://c.example"])
        #expect(first.origin == .named("PULUMI_API"))
        #expect(skipped == ["PULUMI_BACKEND_URL"])
        #expect(first.keepsBackend && first.variable?.name == "PULUMI_API")
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
                "\(place) contains a user name or password",
                hint: "remove them, and set the credential in PULUMI_ACCESS_TOKEN or a file"
            )
        ) { try choose(isOption ? "https://u:p@x.example" : nil, isOption ? [:] : [place: "https://u:p@x.example"]) }
        #expect(
            throws: Explanation(
                .usage,
                "\(place) is the web page app.pulumi.com, not the API",
                hint: "use https://api.pulumi.com, or usually https://api.DOMAIN on a self-hosted Pulumi Cloud"
            )
        ) { try choose(isOption ? "https://app.pulumi.com" : nil, isOption ? [:] : [place: "https://app.pulumi.com"]) }
    }

    @Test func `an option that names a DIY backend is an error`() {
        #expect(
            throws: Explanation(
                .usage,
                "--cloud-url is a DIY backend (s3://), which has no tokens",
                hint: "set it to a Pulumi Cloud, such as https://api.pulumi.com"
            )
        ) { try choose("s3://bucket") }
    }

    @Test func `a login that cannot be read is an error, unless it is not needed`() throws {
        try folder.write("{", to: "credentials.json")
        let error = #expect(throws: Explanation.self) { try choose(nil) }
        #expect(error?.exitCode == .unreadableFile)
        #expect(error?.message.hasSuffix(", and no other setting names the job's backend") == true)
        #expect(error?.hint == "set PULUMI_BACKEND_URL, or set --cloud-url and --no-isolate")
        #expect(try choose("https://a.example").choice.origin == .named("--cloud-url"))
        #expect(try choose(nil, ["PULUMI_BACKEND_URL": "https://b"]).choice.origin == .named("PULUMI_BACKEND_URL"))
        try folder.write(#"{"$pulumiSecureStore":1}"#, to: "credentials.json")
        #expect(#expect(throws: Explanation.self) { try choose(nil) }?.exitCode == .unreadableFile)
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

    @Test func `the action's project may name no other cloud than the input`() throws {
        let project = ProjectBackend(url: "https://p.example", path: "/w/Pulumi.yaml")
        let input = NamedText("https://p.example/", place: "the input cloud-url")
        #expect(try CloudChoice.chooseForAction(input, project: project).origin == .named("the input cloud-url"))
        for (input, place) in [
            (nil, "the default is https://api.pulumi.com"),
            (NamedText("https://o.example", place: "the input cloud-url"), "the input cloud-url is https://o.example"),
        ] {
            let error = #expect(throws: Explanation.self) { try CloudChoice.chooseForAction(input, project: project) }
            #expect(error?.exitCode == .usage)
            #expect(error?.message == "\(place), but backend.url of /w/Pulumi.yaml is https://p.example")
        }
        let diy = ProjectBackend(url: "s3://bucket", path: "/w/Pulumi.yaml")
        #expect(try CloudChoice.chooseForAction(nil, project: diy).variable == nil)
        #expect(try CloudChoice.chooseForAction(input, project: diy).variable?.name == "PULUMI_API")
    }

    @Test(arguments: [
        ("https://api.pulumi.com/", true), ("https://API.pulumi.com", true), ("https://api.pulumi.com/x", false),
        ("s3://bucket", false), ("", false),
    ])
    func `addresses of the same cloud are recognised`(address: String, isSame: Bool) {
        #expect(CloudChoice(url: .pulumiCloud, origin: .usual).isAt(address) == isSame)
    }
}
