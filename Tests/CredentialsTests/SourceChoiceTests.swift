import CISystems
import HostSystem
import Secrets
import StubTransport
import TestBench
import Testing

@testable import Credentials

/// Which of several credentials is used.
@Suite struct SourceChoiceTests {
    /// What a user may have given; each may be there or not.
    struct Given: OptionSet, Hashable {
        let rawValue: Int
        static let input = Given(rawValue: 1)
        static let file = Given(rawValue: 2)
        static let organization = Given(rawValue: 4)
        static let variable = Given(rawValue: 8)
        static let login = Given(rawValue: 16)

        static let all = (0..<32).map { Given(rawValue: $0) }
    }

    enum Place: CaseIterable {
        case desk, ci, ciWithLogin

        var system: CISystem { self == .desk ? .desk : .someCI }
    }

    private let folder: ScratchFolder
    private let file: String

    init() throws {
        folder = try ScratchFolder()
        file = try folder.write("from-file\n", to: "token")
    }

    // MARK: When there is none

    @Test(
        arguments: [
            (false, [:], "set PULUMI_ACCESS_TOKEN or --access-token-file"),
            (false, ["CI": "true"], "set PULUMI_ACCESS_TOKEN or --access-token-file"),
            (false, ["GITLAB_CI": "true", "CI_COMMIT_REF_PROTECTED": "true"], "set PULUMI_ACCESS_TOKEN or"),
            (
                false, ["GITLAB_CI": "true", "CI_COMMIT_REF_PROTECTED": "false"],
                "use an unprotected variable or --oidc-org here"
            ),
            // What only imitates GitLab is no GitLab.
            (
                false, ["CI": "true", "GITLAB_CI": "false", "CI_COMMIT_REF_PROTECTED": "false"],
                "set PULUMI_ACCESS_TOKEN or"
            ),
            (true, ["GITHUB_ACTIONS": "true"], "set the input access-token, or oidc-org"),
        ] as [(Bool, [String: String], String)]
    )
    func `the way out is one for whoever looks`(
        hasInputs: Bool,
        variables: [String: String],
        hint: String
    ) {
        var options = CredentialOptions()
        options.areInputs = hasInputs
        let error = #expect(throws: CredentialError.self) {
            _ = try CredentialSource.choose(
                options,
                environment: Environment(variables),
                system: .of(variables),
                reader: .patient,
                login: { () throws(CredentialError) in nil }
            )
        }
        #expect(error?.message == "no Pulumi credential found" && error?.hint?.hasPrefix(hint) == true)
    }

    @Test(arguments: ["$(pulumiAccessToken)", "${PULUMI_TOKEN}", "$TOKEN", "${{ secrets.PULUMI_ACCESS_TOKEN }}"])
    func `a variable that was not replaced is no token`(value: String) {
        let error = #expect(throws: CredentialError.self) {
            _ = try CredentialSource.choose(
                CredentialOptions(),
                environment: Environment(["PULUMI_ACCESS_TOKEN": value]),
                system: .someCI,
                reader: .patient,
                login: { () throws(CredentialError) in nil }
            )
        }
        #expect(error == .malformed(place: "PULUMI_ACCESS_TOKEN", .unreplaced, isFile: false))
        #expect(error?.exitCode == .notAllowed)
    }

    @Test func `the path of a file that holds the token is no token`() {
        let refusal = explanation { () throws(CredentialError) in
            try CredentialSource.choose(
                CredentialOptions(),
                environment: Environment(["PULUMI_ACCESS_TOKEN": "/builds/acme/app.tmp/PULUMI_ACCESS_TOKEN"]),
                system: .someCI,
                reader: .patient,
                login: { () throws(CredentialError) in nil }
            )
        }
        #expect(refusal?.message == "PULUMI_ACCESS_TOKEN does not look like a Pulumi token: it is a path")
        #expect(refusal?.hint?.hasPrefix("set --access-token-file to that path") == true)
    }

    private func options(_ given: Given, at place: Place) -> CredentialOptions {
        var options = CredentialOptions()
        options.allowsLogin = place == .ciWithLogin
        if given.contains(.input) { options.accessToken = (Secret("from-input"), "the input access-token") }
        if given.contains(.file) { options.accessTokenFile = NamedText(file, place: "--access-token-file") }
        if given.contains(.organization) { name("named", in: &options.oidc) }
        return options
    }

    /// - Parameter place: the option and its variable mean the same.
    private func name(_ organization: String, in options: inout OIDCOptions, place: String = "--oidc-org") {
        options.organization = NamedText(organization, place: place)
        options.user = NamedText("jo", place: "--oidc-user")
        options.tokenVariable = NamedText("ID_TOKEN", place: "--oidc-token-env")
    }

    /// What the documentation says.
    private func expected(_ given: Given, at place: Place) -> String {
        let explicit: [(Given, String, String)] = [
            (.input, "the input access-token", "from-input given by the input access-token"),
            (.file, "--access-token-file", "from-file given by \(file)"),
            (.organization, "--oidc-org", "identity for named"),
        ]
        let named = explicit.filter { given.contains($0.0) }
        if named.count > 1 {
            return named.map(\.1).joined(separator: " and ") + " cannot be combined"
        }
        if let only = named.first { return only.2 }
        if given.contains(.variable) { return "from-variable in PULUMI_ACCESS_TOKEN" }
        if place != .ci, given.contains(.login) { return "from-login of the login" }
        return "no Pulumi credential found"
    }

    @Test(arguments: Given.all, Place.allCases)
    func `the order is that of the documentation, whatever is there`(given: Given, place: Place) {
        let environment = Environment(given.contains(.variable) ? ["PULUMI_ACCESS_TOKEN": "from-variable"] : [:])
        var found = ""
        do throws(CredentialError) {
            found = description(
                try CredentialSource.choose(
                    options(given, at: place),
                    environment: environment,
                    system: place.system,
                    reader: .patient,
                    login: { () throws(CredentialError) in given.contains(.login) ? login : nil }
                )
            )
        } catch {
            found = error.message
        }
        #expect(found == expected(given, at: place))
    }

    private var login: PulumiLogin.Entry {
        PulumiLogin.Entry(token: Secret("from-login"), user: "jo", path: "/home/jo/credentials.json", isExposed: false)
    }

    @Test(arguments: [
        (Given.variable, Place.desk), (.organization, .desk), (.input, .ciWithLogin), (Given(), .ci),
    ])
    func `a login is not even read when it is not its turn`(given: Given, place: Place) {
        _ = try? CredentialSource.choose(
            options(given, at: place),
            environment: Environment(given.contains(.variable) ? ["PULUMI_ACCESS_TOKEN": "x"] : [:]),
            system: place.system,
            reader: .patient,
            login: { () throws(CredentialError) in
                Issue.record("the login was read")
                return nil
            }
        )
    }

    /// What is set, but to nothing.
    @Test(
        arguments: [
            (Given.input, "the input access-token"), (.file, "--access-token-file"), (.organization, "--oidc-org"),
            (.organization, "PULUMI_TOKEN_OIDC_ORG"), (.variable, "PULUMI_ACCESS_TOKEN"),
        ]
    )
    func `what is set but empty is an error, and nothing else is used`(empty: (Given, String)) {
        // Beside it, everything that comes later in the order.
        let others: Given = empty.0 == .variable ? [.login] : [.variable, .login]
        var options = options(others, at: .desk)
        if empty.0 == .input { options.accessToken = (Secret(""), empty.1) }
        if empty.0 == .file { options.accessTokenFile = NamedText("", place: empty.1) }
        if empty.0 == .organization { name("", in: &options.oidc, place: empty.1) }
        let variable = empty.0 == .variable ? "" : others.contains(.variable) ? "from-variable" : nil
        let refusal = explanation { () throws(CredentialError) in
            try CredentialSource.choose(
                options,
                environment: Environment(variable.map { ["PULUMI_ACCESS_TOKEN": $0] } ?? [:]),
                system: .desk,
                reader: .patient,
                login: { () throws(CredentialError) in login }
            )
        }
        let hint =
            empty.0 == .organization
            ? "set it to the organization whose OIDC policies trust the job"
            : "check the name of the secret; a pull request from a fork gets no secrets, so skip this step there"
        #expect(refusal == Explanation(.notAllowed, "\(empty.1) is set but empty", hint: hint))
    }

    @Test func `a named credential that is empty is an error even beside another named one`() {
        var options = options(.organization, at: .ci)
        options.accessToken = (Secret(""), "the input access-token")
        #expect(
            explanation { () throws(CredentialError) in
                try CredentialSource.choose(
                    options,
                    environment: Environment([:]),
                    system: .someCI,
                    reader: .patient,
                    login: { () throws(CredentialError) in nil }
                )
            }?.message == "the input access-token is set but empty"
        )
    }

    @Test(arguments: [
        ("a\n", "a"), ("a\r\n", "a"), ("a", "a"), (" a\t", "a"), ("\u{feff}a", "a"),
    ])
    func `the line end of a pasted secret is no part of it`(value: String, token: String) throws {
        let source = try CredentialSource.choose(
            CredentialOptions(),
            environment: Environment(["PULUMI_ACCESS_TOKEN": value]),
            system: .someCI,
            reader: .patient,
            login: { () throws(CredentialError) in nil }
        )
        #expect(source.secret?.text == token)
    }

    /// Who names a user wants an exchange, and must not end with the stored credential.
    @Test(arguments: ["--oidc-user", "--oidc-team", "--oidc-scope", "--oidc-token-env", "PULUMI_TOKEN_OIDC_TOKEN_FILE"])
    func `an option about the identity token without an organization is an error`(place: String) {
        var options = CredentialOptions()
        let value = NamedText("x", place: place)
        switch place {
        case "--oidc-user": options.oidc.user = value
        case "--oidc-team": options.oidc.team = value
        case "--oidc-scope": options.oidc.scope = value
        case "--oidc-token-env": options.oidc.tokenVariable = value
        default: options.oidc.tokenFile = value
        }
        let refusal = explanation { () throws(CredentialError) in
            try CredentialSource.choose(
                options,
                environment: Environment(["PULUMI_ACCESS_TOKEN": "stored"]),
                system: .someCI,
                reader: .patient,
                login: { () throws(CredentialError) in login }
            )
        }
        #expect(
            refusal
                == Explanation(
                    .usage,
                    "\(place) needs an organization",
                    hint: "set --oidc-org, or remove the option"
                )
        )
    }
}
