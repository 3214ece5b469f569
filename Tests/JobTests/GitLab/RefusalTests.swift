import CloudEmulator
import JobBench
import TestBench
import Testing

/// Where a secret would be published or shown, and where leases of a job on GitLab lie.
@Suite(.hangLimit, .ownThreads) struct RefusalTests {
    private let machine: BuildMachine

    init() throws {
        machine = try BuildMachine()
        for name in ["app", "app/build", "app.tmp"] { try machine.sandbox.makeFolder(name) }
    }

    private func run(_ arguments: String..., adding changes: [String: String] = [:]) throws -> Outcome {
        var environment = machine.withCredential.merging([
            "CI": "true", "GITLAB_CI": "true", "CI_JOB_ID": "4711", "CI_PIPELINE_ID": "815",
            "CI_PROJECT_DIR": machine.sandbox.file("app"), "CI_SERVER_HOST": "gitlab.example.com",
        ]) { $1 }
        environment.merge(changes) { $1 }
        var program = Program(Executable.path, arguments, environment: environment)
        program.folder = machine.sandbox.file("app")
        return try program.run()
    }

    // MARK: Artifacts

    @Test(
        arguments: ["dotenv", "file"],
        ["ROOT/app/token.env", "ROOT/app/build/../token", "ROOT/link/t", "build/token"]
    )
    func `a file that could become an artifact is refused before the mint`(how: String, path: String) throws {
        try machine.sandbox.link("link", to: machine.sandbox.file("app/build"))
        let place = path.replacing("ROOT", with: machine.sandbox.path)
        let outcome = try run("mint", "--export", "\(how)=\(place)")
        #expect(outcome.status == 64, "\(outcome.log)")
        #expect(outcome.error.contains("pulumi-token: error: ") && outcome.error.contains("pulumi-token: hint: "))
        #expect(machine.cloud.requests.isEmpty)
        #expect(machine.sandbox.names(in: "app") == ["build"] && machine.sandbox.names(in: "app/build") == [])
    }

    @Test(arguments: ["dotenv", "file"])
    func `beside the checkout it is written, for its owner alone`(how: String) throws {
        let outcome = try run("mint", "--export", "\(how)=\(machine.sandbox.file("app.tmp/token"))")
        #expect(outcome.status == 0, "\(outcome.error)")
        // What is executed instead of sourced says so.
        #expect(machine.sandbox.permissions("app.tmp/token") == (how == "file" ? 0o700 : 0o600))
    }

    @Test(arguments: ["file=ROOT/app.tmp/", "dotenv=ROOT/app.tmp/", "dotenv=ROOT/app.tmp/folder", "azure"])
    func `what cannot be handed over is refused before the mint`(how: String) throws {
        try machine.sandbox.makeFolder("app.tmp/folder")
        let outcome = try run("mint", "--export", how.replacing("ROOT", with: machine.sandbox.path))
        #expect([64, 73].contains(outcome.status), "\(outcome.log)")
        #expect(machine.cloud.requests.isEmpty)
        #expect(machine.sandbox.names(in: "app.tmp").filter { !$0.hasPrefix("pulumi-token") } == ["folder"])
    }

    // MARK: Traces

    @Test(arguments: ["shell", "stdout", "json"], [false, true])
    func `what prints the token refuses a log that shows every command, unless it is masked`(
        how: String,
        masks: Bool
    ) throws {
        if masks { try machine.sandbox.write("", to: "app.tmp/masking.db") }
        let outcome = try run("mint", "--export", how, adding: ["CI_DEBUG_TRACE": "true"])
        #expect(outcome.status == (masks ? 0 : 64))
        #expect(machine.cloud.tokens(.minted).count == (masks ? 1 : 0))
        if masks {
            #expect(outcome.error.contains("::add-mask::" + (machine.mintedValues.first ?? "?")))
        } else {
            #expect(outcome.error.contains("this job's log shows every command with its values"))
            #expect(outcome.output.hasPrefix("unset -v PULUMI_ACCESS_TOKEN\n") == (how == "shell"))
            #expect(machine.cloud.requests.isEmpty)
        }
    }

    @Test(arguments: ["false", "0", ""])
    func `a trace that is off is no reason`(value: String) throws {
        #expect(try run("mint", "--export", "stdout", adding: ["CI_DEBUG_TRACE": value]).status == 0)
    }

    // MARK: Leases

    @Test func `a lease lies beside the checkout, and a job finds its own only`() throws {
        #expect(try run("mint").status == 0)
        #expect(try run("mint", adding: ["CI_JOB_ID": "4712"]).status == 0)
        let leases = machine.sandbox.names(in: "app.tmp/pulumi-token")
        #expect(leases.count == 2 && leases.allSatisfy { $0.hasSuffix(".json") })
        #expect(machine.sandbox.permissions("app.tmp/pulumi-token") == 0o700)
        for name in leases {
            #expect(machine.sandbox.permissions("app.tmp/pulumi-token/" + name) == 0o600)
            let record = machine.sandbox.text("app.tmp/pulumi-token/" + name) ?? ""
            #expect(leaks(of: machine.mintedValues + [machine.parent], in: record) == [])
        }
        #expect(try run("revoke", adding: ["CI_JOB_ID": "4712"]).status == 0)
        #expect(machine.cloud.liveTokens.count == 1)
        #expect(try run("revoke").status == 0)
        #expect(machine.cloud.liveTokens.isEmpty && machine.sandbox.names(in: "app.tmp/pulumi-token") == [])
    }

    @Test func `a job whose folder was emptied still ends its token`() throws {
        #expect(try run("mint").status == 0)
        #expect(try Program("rm", ["-r", machine.sandbox.file("app.tmp")]).run().status == 0)
        #expect(try run("revoke").status == 0)
        #expect(machine.cloud.liveTokens.isEmpty)
    }
}
