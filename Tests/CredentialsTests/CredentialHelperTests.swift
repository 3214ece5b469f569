import CISystems
import HostSystem
import TestBench
import Testing

@testable import Credentials

/// The program that the Pulumi CLI asks instead of using the token that we gave the job.
@Suite struct CredentialHelperTests {
    private let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
        for name in ["cli", "bin"] { try folder.makeFolder(name) }
    }

    private func find(_ variables: [String: String] = [:], login: String? = nil) throws -> CredentialHelper? {
        let path = ["PATH": "\(folder.file("bin"))"]
        let environment = Environment(path.merging(variables) { $1 })
        var found: PulumiLogin?
        if let login {
            try folder.write(login, to: "credentials.json")
            found = try PulumiLogin.load(Environment(["PULUMI_CREDENTIALS_PATH": folder.path]), by: .patient)
        }
        return CredentialHelper.find(in: environment, login: found)
    }

    private let saved = #"{"credentialHelper":"/saved/helper"}"#

    @Test func `without one there is none`() throws {
        #expect(try find() == nil)
        #expect(try find(login: "{}") == nil)
        #expect(try find([CredentialHelper.variable: ""]) == nil)
    }

    @Test func `the order is the CLI's`() throws {
        try folder.write("", to: "bin/pulumi-credential-helper", mode: 0o755)
        #expect(try find() == CredentialHelper(program: folder.file("bin/pulumi-credential-helper"), origin: .lookup))
        // The CLI is found by PATH, and lies behind a link.
        try folder.write("", to: "cli/pulumi", mode: 0o755)
        try folder.link("bin/pulumi", to: folder.file("cli/pulumi"))
        try folder.write("", to: "cli/pulumi-credential-helper", mode: 0o755)
        #expect(try find()?.program.hasSuffix("/cli/pulumi-credential-helper") == true)
        let login = try find(login: saved)
        #expect(login == CredentialHelper(program: "/saved/helper", origin: .login(folder.file("credentials.json"))))
        #expect(login?.sentence == "the helper that pulumi login saved in \(folder.file("credentials.json"))")
        let named = try find([CredentialHelper.variable: "my-helper"], login: saved)
        #expect(named == CredentialHelper(program: "my-helper", origin: .variable))
        #expect(named?.sentence == "the helper that PULUMI_CREDENTIAL_HELPER names")
        #expect(try find([CredentialHelper.variable: "none"], login: saved) == nil)
    }

    @Test func `what may not be run is no helper`() throws {
        try folder.write("", to: "bin/pulumi-credential-helper", mode: 0o644)
        #expect(try find() == nil)
    }
}
