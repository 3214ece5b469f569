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
        static let ambientOrganization = Given(rawValue: 16)
        static let login = Given(rawValue: 32)

        static let all = (0..<64).map { Given(rawValue: $0) }
    }

    enum Place: CaseIterable {
        case desk, ci, ciWithLogin
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
            (false, false, [:], "set PULUMI_ACCESS_TOKEN, give --access-token-file"),
            (false, true, [:], "give PULUMI_ACCESS_TOKEN or --access-token-file"),
            (false, true, ["GITLAB_CI": "true", "CI_COMMIT_REF_PROTECTED": "true"], "give PULUMI_ACCESS_TOKEN or"),
            (
                false, true, ["GITLAB_CI": "true", "CI_COMMIT_REF_PROTECTED": "false"],
                "a protected variable reaches only"
            ),
            (true, true, [:], "give the input access-token, or oidc-org"),
        ] as [(Bool, Bool, [String: String], String)]
    )
    func `the way out is one for whoever looks`(
        hasInputs: Bool,
        isCI: Bool,
        variables: [String: String],
        hint: String
    ) {
        var options = CredentialOptions()
        options.areInputs = hasInputs
        let error = #expect(throws: CredentialError.self) {
            _ = try CredentialSource.choose(
                options,
                for: .minting,
                environment: Environment(variables),
                isCI: isCI,
                login: { () throws(CredentialError) in nil }
            )
        }
        #expect(error?.message == "there is no Pulumi credential" && error?.hint?.hasPrefix(hint) == true)
    }

    @Test(arguments: ["$(pulumiAccessToken)", "${PULUMI_TOKEN}", "$TOKEN"])
    func `a variable that was not replaced is no token`(value: String) {
        let error = #expect(throws: CredentialError.self) {
            _ = try CredentialSource.choose(
                CredentialOptions(),
                for: .minting,
                environment: Environment(["PULUMI_ACCESS_TOKEN": value]),
                isCI: true,
                login: { () throws(CredentialError) in nil }
            )
        }
        #expect(error == .malformed(place: "PULUMI_ACCESS_TOKEN", .unreplaced, isFile: false))
        #expect(error?.exitCode == .notAllowed)
    }

    @Test func `what looks like a token is in no message`() {
        let digits = String(repeating: "0123456789abcdef", count: 3).prefix(40)
        let token = "pul" + "-" + digits
        #expect(
            TokenShape.hidden(in: "cannot read \(token): no; \(token.uppercased())")
                == "cannot read ***: no; \(token.uppercased())"
        )
        #expect(TokenShape.hidden(in: "pul-abc and \(token)x pul-") == "pul-abc and ***x pul-")
    }

    private func options(_ given: Given, at place: Place) -> CredentialOptions {
        var options = CredentialOptions()
        options.allowsLogin = place == .ciWithLogin
        options.oidc.tokenVariable = NamedText("ID_TOKEN", place: "--oidc-token-env")
        if given.contains(.input) { options.accessToken = (Secret("from-input"), "the input access-token") }
        if given.contains(.file) { options.accessTokenFile = NamedText(file, place: "--access-token-file") }
        if given.contains(.organization) { options.oidc.organization = NamedText("named", place: "--oidc-org") }
        if given.contains(.ambientOrganization) {
            options.oidc.ambientOrganization = NamedText("ambient", place: "PULUMI_TOKEN_OIDC_ORG")
        }
        return options
    }

    /// What the documentation says.
    private func expected(_ given: Given, _ purpose: CredentialPurpose, at place: Place) -> String {
        let explicit: [(Given, String, String)] = [
            (.input, "the input access-token", "from-input given by the input access-token"),
            (.file, "--access-token-file", "from-file given by \(file)"),
            (.organization, "--oidc-org", "identity for named"),
        ]
        let named = explicit.filter { given.contains($0.0) }
        if named.count > 1 {
            return named.map(\.1).joined(separator: " and ") + " are \(named.count == 2 ? "both" : "all") given"
        }
        if let only = named.first { return only.2 }
        let variable = (Given.variable, "from-variable in PULUMI_ACCESS_TOKEN")
        let ambient = (Given.ambientOrganization, "identity for ambient")
        let order = purpose == .revoking ? [ambient, variable] : [variable, ambient]
        if let found = order.first(where: { given.contains($0.0) }) { return found.1 }
        if place != .ci, given.contains(.login) { return "from-login of the login" }
        return "there is no Pulumi credential"
    }

    @Test(arguments: Given.all, Place.allCases)
    func `the order is that of the documentation, whatever is there`(given: Given, place: Place) {
        let environment = Environment(given.contains(.variable) ? ["PULUMI_ACCESS_TOKEN": "from-variable"] : [:])
        for purpose in [CredentialPurpose.minting, .revoking, .looking] {
            var found = ""
            do throws(CredentialError) {
                found = description(
                    try CredentialSource.choose(
                        options(given, at: place),
                        for: purpose,
                        environment: environment,
                        isCI: place != .desk,
                        login: { () throws(CredentialError) in given.contains(.login) ? login : nil }
                    )
                )
            } catch {
                found = error.message
            }
            #expect(found == expected(given, purpose, at: place), "for \(purpose)")
        }
    }

    private var login: PulumiLogin.Entry {
        PulumiLogin.Entry(token: Secret("from-login"), user: "jo", path: "/home/jo/credentials.json", isExposed: false)
    }

    @Test(arguments: [
        (Given.variable, Place.desk), (.ambientOrganization, .desk), (.input, .ciWithLogin), (Given(), .ci),
    ])
    func `a login is not even read when it is not its turn`(given: Given, place: Place) {
        _ = try? CredentialSource.choose(
            options(given, at: place),
            for: .minting,
            environment: Environment(given.contains(.variable) ? ["PULUMI_ACCESS_TOKEN": "x"] : [:]),
            isCI: place != .desk,
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
            (.variable, "PULUMI_ACCESS_TOKEN"), (.ambientOrganization, "PULUMI_TOKEN_OIDC_ORG"),
        ],
        [CredentialPurpose.minting, .revoking]
    )
    func `what is set but empty is an error, and nothing else is used`(
        empty: (Given, String),
        purpose: CredentialPurpose
    ) {
        // Beside it, everything that comes later in the order.
        let others: Given =
            switch empty.0 {
            case .variable: purpose == .revoking ? [.login] : [.ambientOrganization, .login]
            case .ambientOrganization: purpose == .revoking ? [.variable, .login] : [.login]
            default: [.variable, .ambientOrganization, .login]
            }
        var options = options(others, at: .desk)
        if empty.0 == .input { options.accessToken = (Secret(""), empty.1) }
        if empty.0 == .file { options.accessTokenFile = NamedText("", place: empty.1) }
        if empty.0 == .organization { options.oidc.organization = NamedText("", place: empty.1) }
        if empty.0 == .ambientOrganization { options.oidc.ambientOrganization = NamedText("", place: empty.1) }
        let variable = empty.0 == .variable ? "" : others.contains(.variable) ? "from-variable" : nil
        let refusal = explanation { () throws(CredentialError) in
            try CredentialSource.choose(
                options,
                for: purpose,
                environment: Environment(variable.map { ["PULUMI_ACCESS_TOKEN": $0] } ?? [:]),
                isCI: false,
                login: { () throws(CredentialError) in login }
            )
        }
        let hint =
            [.organization, .ambientOrganization].contains(empty.0)
            ? "give it the name of the organization whose policies know the job"
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
                    for: .minting,
                    environment: Environment([:]),
                    isCI: true,
                    login: { () throws(CredentialError) in nil }
                )
            }?.message == "the input access-token is set but empty"
        )
    }

    @Test(arguments: [
        ("a\n", "a"), ("a\r\n", "a"), ("a", "a"),
    ])
    func `the line end of a pasted secret is no part of it`(value: String, token: String) throws {
        let source = try CredentialSource.choose(
            CredentialOptions(),
            for: .minting,
            environment: Environment(["PULUMI_ACCESS_TOKEN": value]),
            isCI: true,
            login: { () throws(CredentialError) in nil }
        )
        #expect(source.secret?.text == token)
    }
}
