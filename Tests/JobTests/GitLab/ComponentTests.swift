import CloudEmulator
import HostSystem
import JobBench
import RunnerGrammars
import Secrets
import TestBench
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// `templates/pulumi-token.yml`, included as people include it, in the shells that images have.
@Suite(.hangLimit, .ownThreads) struct ComponentTests {
    private let machine: BuildMachine

    init() throws {
        machine = try BuildMachine {
            $0.exchange.policies = [Policy(tokenType: "personal", subject: "*")]
            $0.exchangedTokensMayMint = true
        }
    }

    /// A configuration with the component and one job of this script.
    private func job(
        _ script: String...,
        extending base: String = ".pulumi-token",
        inputs: [String: String] = [:],
        in shell: GitLabJob.Shell = .bash,
        masks: Bool = false
    ) throws -> GitLabJob {
        let values = inputs.sorted { $0.key < $1.key }.map { "      \($0.key): \"\($0.value)\"\n" }.joined()
        let text = """
            include:
              - component: $CI_SERVER_FQDN/pulumi-token/pulumi-token/pulumi-token@1
                inputs:
            \(values.isEmpty ? "      {}\n" : values)
            deploy:
              extends: \(base)
              script:
            \(script.map { "    - \($0)\n" }.joined())
            """
        let plans = try PlannedJob.all("gitlab", in: text)
        #expect(plans.map(\.name) == ["deploy"])
        return try GitLabJob(machine, try #require(plans.first), in: shell, masks: masks)
    }

    private func expectNothingLeft(_ job: GitLabJob, mints: Int = 1, file: StaticString = #file) {
        #expect(machine.cloud.tokens(.minted).count == mints)
        #expect(machine.cloud.liveTokens.isEmpty)
        #expect(leaks(of: machine.mintedValues + [machine.parent], in: job.output) == [])
        let files = machine.sandbox.files.filter {
            $0 != machine.sandbox.file("parent") && !$0.contains("/script-") && !$0.contains("/after_script-")
                && !$0.hasSuffix("/pulumi-token.bin/pulumi-token")
        }
        for file in files { #expect(leaks(of: machine.mintedValues, in: text(of: file) ?? "") == [], "\(file)") }
    }

    // MARK: The life of a token

    @Test(arguments: GitLabJob.Shell.allCases)
    func `the script has a token of its own, and none is left after it`(shell: GitLabJob.Shell) throws {
        let job = try job("pulumi up --yes", "pulumi stack output", in: shell)
        #expect(try job.run(), "\(job.output)")
        #expect(machine.pulumiCalls == [PulumiCall(.minted, "up --yes"), PulumiCall(.minted, "stack output")])
        #expect(job.statuses == [0, 0])
        expectNothingLeft(job)
        // As long as the job may take.
        let token = try #require(machine.cloud.tokens(.minted).first)
        #expect(machine.askingTime(for: token).contains(token.expires - 1800))
    }

    @Test(.enabled(if: geteuid() == 0, "it takes root to see whose guardian a process is"))
    func `on a machine of its own the runner's job has a guardian, and it ends with the job`() throws {
        // Other jobs of this machine have guardians, too: this one's holds a lock in the job's own folder.
        // It has its name a moment after its program, and another job's may be gone before it was looked at.
        let files = "for p in $(pgrep -x pulumi-token-gd); do ls -l /proc/$p/fd 2>&1 || :; done"
        let look = "until \(files) | grep $CI_PROJECT_DIR.tmp > /dev/null; do sleep 0.1; done"
        let job = try job(look, "pulumi up --yes")
        job.variables["CI_SHARED_ENVIRONMENT"] = "true"
        #expect(try job.run(), "\(job.output)")
        #expect(machine.pulumiCalls == [PulumiCall(.minted, "up --yes")])
        expectNothingLeft(job)
    }

    @Test(arguments: GitLabJob.Shell.allCases)
    func `a script that fails ends the job at once, and the token after it`(shell: GitLabJob.Shell) throws {
        let job = try job("pulumi fail", "pulumi never", in: shell)
        #expect(try !job.run())
        // bash makes 1 of whatever a line of `eval` ends with.
        #expect(job.statuses == [shell == .bash ? 1 : 3, 0])
        #expect(machine.pulumiCalls == [PulumiCall(.minted, "fail")])
        expectNothingLeft(job)
    }

    @Test(arguments: GitLabJob.Shell.allCases, [GitLabJob.Interruption.cancelled, .scriptTimedOut])
    func `a job that is cancelled or takes too long ends its token`(
        shell: GitLabJob.Shell,
        interruption: GitLabJob.Interruption
    ) throws {
        let job = try job("pulumi wait", in: shell)
        try job.run(interruption, at: "pulumi: waiting")
        #expect(job.statuses.count == 2 && job.statuses.last == 0)
        expectNothingLeft(job)
    }

    @Test(arguments: GitLabJob.Shell.allCases)
    func `a job that is cut off without after_script ends its token`(shell: GitLabJob.Shell) throws {
        let job = try job("pulumi wait", in: shell)
        try job.run(.cutOff, at: "pulumi: waiting")
        #expect(job.statuses.count == 1)
        expectNothingLeft(job)
    }

    @Test func `a job of the documented recipe that is cut off ends its token`() throws {
        let example = try Repository.text("examples/gitlab/by-hand.gitlab-ci.yml")
        let text = example.replacing("pulumi preview", with: "pulumi wait")
        let job = try GitLabJob(machine, try #require(PlannedJob.all("gitlab", in: text).first))
        try job.run(.cutOff, at: "pulumi: waiting")
        expectNothingLeft(job)
    }

    @Test func `a job that is killed leaves its token to the expiry, and nothing readable`() throws {
        let job = try job("pulumi wait", inputs: ["ttl": "20m"])
        try job.run(.killed, at: "pulumi: waiting")
        #expect(job.statuses.count == 1)
        let token = try #require(machine.cloud.liveTokens.first)
        #expect(machine.askingTime(for: token).contains(token.expires - 1200))
        #expect(leaks(of: machine.mintedValues, in: job.output) == [])
    }

    @Test func `jobs of one pipeline end their own tokens only`() throws {
        let first = try job("pulumi wait")
        let second = try job("pulumi wait", "pulumi up")
        second.variables["CI_JOB_ID"] = "1"
        try first.run(.cancelled, at: "pulumi: waiting") {
            let token = try #require(machine.cloud.liveTokens.first?.id)
            try second.run(.scriptTimedOut, at: "pulumi: waiting") {
                #expect(machine.cloud.liveTokens.count == 2)
            }
            #expect(machine.cloud.liveTokens.map(\.id) == [token])
        }
        expectNothingLeft(first, mints: 2)
    }

    // MARK: When there is no token

    @Test(arguments: GitLabJob.Shell.allCases)
    func `a mint that fails fails the job, and its script never sees the stored credential`(
        shell: GitLabJob.Shell
    ) throws {
        let job = try job("pulumi up", inputs: ["ttl": "nonsense"], in: shell)
        #expect(try !job.run())
        #expect(job.statuses == [64, 0])
        #expect(machine.pulumiCalls == [])
        #expect(job.output.contains("nothing to revoke"))
        expectNothingLeft(job, mints: 0)
    }

    @Test(arguments: GitLabJob.Shell.allCases)
    func `an executable that is not there fails the job`(shell: GitLabJob.Shell) throws {
        let job = try job("pulumi up", inputs: ["executable": "/opt/pulumi-token"], in: shell)
        #expect(try !job.run())
        #expect(job.statuses.first != 0 && job.statuses.last == 0)
        #expect(machine.pulumiCalls == [])
    }

    @Test func `the executable may be called anything`() throws {
        symlink(Executable.path, machine.sandbox.file("token tool"))
        let job = try job("pulumi up", inputs: ["executable": machine.sandbox.file("token tool")])
        _ = try machine.programs()
        unlink(machine.sandbox.file("bin/pulumi-token"))
        #expect(try job.run(), "\(job.output)")
        expectNothingLeft(job)
    }

    // MARK: Inputs

    @Test func `inputs reach the mint`() throws {
        let job = try job(
            "test \"$DEPLOY_TOKEN\"",
            inputs: ["ttl": "10m", "env-name": "DEPLOY_TOKEN", "cloud-url": machine.cloud.url]
        )
        job.variables["PULUMI_BACKEND_URL"] = nil
        #expect(try job.run(), "\(job.output)")
        let token = try #require(machine.cloud.tokens(.minted).first)
        #expect(machine.askingTime(for: token).contains(token.expires - 600))
        expectNothingLeft(job)
    }

    @Test func `other options are variables of the job`() throws {
        let job = try job("pulumi up")
        job.variables["PULUMI_TOKEN_DESCRIPTION"] = "release of acme"
        #expect(try job.run(), "\(job.output)")
        #expect(machine.cloud.tokens(.minted).first?.description.hasPrefix("release of acme [") == true)
    }

    @Test(arguments: ["sha256-x64", "sha256-arm64"], ["abc", "z", "\(String(repeating: "0", count: 65))"])
    func `a checksum that is none is refused before the pipeline starts`(input: String, value: String) {
        #expect(throws: BenchError.self) { try job("true", inputs: [input: value]) }
    }

    @Test func `the documentation has every input, and no other one`() throws {
        let inputs = try ComponentInputs.all(in: try Repository.text("templates/pulumi-token.yml"))
        let table = try Repository.text("docs/gitlab-ci.md").between("| input | meaning |", "\n\n")
        let documented = table.split(separator: "\n").dropFirst(2).flatMap { row in
            row.split(separator: "|")[0].split(separator: ",").map { $0.filter { !" `".contains($0) } }
        }
        #expect(documented.sorted() == inputs.keys.sorted())
        // All can be left out.
        #expect(inputs.values.allSatisfy { $0.isEmpty })
    }

    // MARK: OIDC

    @Test(arguments: GitLabJob.Shell.allCases, [false, true])
    func `the job's identity mints and revokes, also where a credential is stored`(
        shell: GitLabJob.Shell,
        isStored: Bool
    ) throws {
        let job = try job(
            "pulumi up",
            extending: ".pulumi-token-oidc",
            inputs: ["oidc-org": "acme", "oidc-user": "alice"],
            in: shell
        )
        let bob = machine.cloud.parentToken(of: "bob")
        if isStored { job.variables["PULUMI_ACCESS_TOKEN"] = bob }
        #expect(try job.run(), "\(job.output)")
        #expect(machine.pulumiCalls == [PulumiCall(.minted, "up")])
        #expect(machine.cloud.tokens(.exchanged).count == 2)
        expectNothingLeft(job)
        let identity = try #require(job.variables["PULUMI_OIDC_TOKEN"])
        #expect(leaks(of: [identity, bob], in: job.output) == [])
    }

    @Test func `without an organization the identity is for nobody, and the job fails`() throws {
        let job = try job("pulumi up", extending: ".pulumi-token-oidc")
        #expect(try !job.run())
        #expect(machine.pulumiCalls == [])
        expectNothingLeft(job, mints: 0)
    }

    @Test(arguments: [false, true])
    func `where an exchanged token may not mint the job gets it and is told, or fails if that was asked for`(
        mustMint: Bool
    ) throws {
        let machine = try BuildMachine { $0.exchange.policies = [Policy(tokenType: "personal", subject: "*")] }
        let text = try Repository.text("examples/gitlab/oidc.gitlab-ci.yml")
        let job = try GitLabJob(machine, try #require(PlannedJob.all("gitlab", in: text).first))
        if mustMint { job.variables["PULUMI_TOKEN_OIDC_USE"] = "mint" }
        #expect(try job.run() == !mustMint, "\(job.output)")
        #expect(machine.cloud.tokens(.minted).isEmpty)
        #expect(machine.pulumiCalls.count == (mustMint ? 0 : 1))
        #expect(job.output.contains("warning: this exchanged token cannot be revoked; it expires ") == !mustMint)
    }

    // MARK: Fetching the executable

    /// The files of a release on a server, and the inputs that fetch from it.
    private func release() throws -> (server: FileServer, inputs: [String: String]) {
        let folder = try machine.sandbox.makeFolder("release")
        let name = Executable.path.split(separator: "/").last.map(String.init) ?? ""
        symlink(Executable.path, "\(folder)/\(name)")
        _ = try machine.programs()
        unlink(machine.sandbox.file("bin/pulumi-token"))
        let server = try FileServer(folder)
        return (
            server,
            [
                "download": server.url,
                "sha256-\(name.suffix(3) == "x64" ? "x64" : "arm64")": try Executable.checksum.get(),
            ]
        )
    }

    /// A folder with a few programs, as in a small image.
    private func image(of shell: GitLabJob.Shell, with tools: [String]) throws -> String {
        let folder = try machine.sandbox.makeFolder("tools")
        for tool in ["chmod", "grep", "mkdir", "rm", "uname"] + tools {
            // As in Alpine.
            symlink(shell == .busybox ? "/usr/bin/busybox" : "/usr/bin/\(tool)", "\(folder)/\(tool)")
        }
        return folder
    }

    @Test(arguments: GitLabJob.Shell.allCases, [true, false])
    func `a release is fetched and checked, by curl or by wget`(shell: GitLabJob.Shell, hasCurl: Bool) throws {
        let (server, inputs) = try release()
        defer { withExtendedLifetime(server) {} }
        let job = try job("pulumi up", "test \"$#\" = 0", inputs: inputs, in: shell)
        if !hasCurl {
            job.searchPath = try image(of: shell, with: ["sha256sum", "wget"])
        }
        #expect(try job.run(), "\(job.output)")
        #expect(machine.pulumiCalls == [PulumiCall(.minted, "up")])
        expectNothingLeft(job)
    }

    @Test(arguments: GitLabJob.Shell.allCases)
    func `BusyBox alone is enough to fetch and check a release`(shell: GitLabJob.Shell) throws {
        let (server, inputs) = try release()
        defer { withExtendedLifetime(server) {} }
        let job = try job("pulumi up", inputs: inputs, in: shell)
        job.searchPath = try image(of: shell, with: ["busybox"])
        #expect(try job.run(), "\(job.output)")
        expectNothingLeft(job)
    }

    @Test func `what an earlier job has downloaded is used again, and replaced if it is another file`() throws {
        let (server, inputs) = try release()
        defer { withExtendedLifetime(server) {} }
        let job = try job("pulumi up", inputs: inputs)
        #expect(try job.run(), "\(job.output)")
        let file = job.file("app.tmp/pulumi-token.bin/pulumi-token")
        let genuine = contents(of: file)
        try write("#!/bin/sh\necho stranger\n", to: file)
        #expect(try job.run(), "\(job.output)")
        #expect(contents(of: file) == genuine)
        #expect(!job.output.contains("stranger"))
        server.stop()
        #expect(try job.run(), "\(job.output)")
        expectNothingLeft(job, mints: 3)
    }

    @Test func `a link that an earlier job has left is not written through`() throws {
        let (server, inputs) = try release()
        defer { withExtendedLifetime(server) {} }
        let job = try job("pulumi up", inputs: inputs)
        try machine.sandbox.write("mine", to: "precious")
        _ = mkdir(job.file("app.tmp/pulumi-token.bin"), 0o700)
        symlink(machine.sandbox.file("precious"), job.file("app.tmp/pulumi-token.bin/pulumi-token"))
        #expect(try job.run(), "\(job.output)")
        #expect(machine.sandbox.text("precious") == "mine")
    }

    @Test func `an executable of the image is used instead of the release`() throws {
        var (server, inputs) = try release()
        defer { withExtendedLifetime(server) {} }
        inputs["executable"] = Executable.path
        inputs["download"] = "http://127.0.0.1:9"
        let job = try job("pulumi up", inputs: inputs)
        #expect(try job.run(), "\(job.output)")
        expectNothingLeft(job)
    }

    @Test(arguments: GitLabJob.Shell.allCases)
    func `a file that the script has changed is not run after it, but downloaded again`(
        shell: GitLabJob.Shell
    ) throws {
        let (server, inputs) = try release()
        defer { withExtendedLifetime(server) {} }
        let replacement = "#!/bin/sh\\necho \"ran with $PULUMI_ACCESS_TOKEN\""
        let fetched = "\"$CI_PROJECT_DIR.tmp/pulumi-token.bin/pulumi-token\""
        let job = try job("printf '\(replacement)' > \(fetched)", inputs: inputs, in: shell)
        #expect(try job.run(), "\(job.output)")
        #expect(job.statuses == [0, 0])
        #expect(!job.output.contains("ran with \(machine.parent)"))
        expectNothingLeft(job)
    }

    // MARK: A job that loses its executable

    @Test(arguments: GitLabJob.Shell.allCases)
    func `a job that removes what lies beside its checkout ends its token with another download`(
        shell: GitLabJob.Shell
    ) throws {
        let (server, inputs) = try release()
        defer { withExtendedLifetime(server) {} }
        let job = try job("rm -rf \"$CI_PROJECT_DIR.tmp\"", inputs: inputs, in: shell)
        #expect(try job.run(), "\(job.output)")
        #expect(job.statuses == [0, 0] && job.output.contains("revoked "), "\(job.output)")
        expectNothingLeft(job)
    }

    @Test(arguments: GitLabJob.Shell.allCases)
    func `an executable that later shells do not find is run from where it was at the mint`(
        shell: GitLabJob.Shell
    ) throws {
        _ = try machine.programs()
        symlink(Executable.path, machine.sandbox.file("bin/token-tool"))
        let link = "'\(machine.sandbox.file("bin/token-tool"))'"
        let job = try job("rm \(link)", inputs: ["executable": "token-tool"], in: shell)
        #expect(try job.run(), "\(job.output)")
        #expect(job.statuses == [0, 0] && job.output.contains("revoked "), "\(job.output)")
        expectNothingLeft(job)
    }

    @Test(arguments: GitLabJob.Shell.allCases, [false, true])
    func `where nothing can revoke any more, the token and its expiry are named`(
        shell: GitLabJob.Shell,
        losesFolder: Bool
    ) throws {
        let tool = machine.sandbox.file("token-tool")
        #expect(try Program("cp", [Executable.path, tool]).run().status == 0)
        let folder = losesFolder ? " \"$CI_PROJECT_DIR.tmp\"" : ""
        let job = try job("rm -rf '\(tool)'\(folder)", inputs: ["executable": tool, "ttl": "20m"], in: shell)
        #expect(try job.run())
        let token = try #require(machine.cloud.liveTokens.first)
        let sentence = """
            pulumi-token: error: cannot revoke the token \(token.id): \(tool) is missing; \
            it might be valid until \(Moment(token.expires))

            """
        // The trap of the script says it, and after_script.
        #expect(job.outputs.allSatisfy { $0.contains(sentence) }, "\(job.output)")
        // bash makes 1 of whatever a line of `eval` ends with.
        #expect(job.statuses == [0, shell == .bash ? 1 : 69])
    }

    @Test(arguments: GitLabJob.Shell.allCases)
    func `a file of another checksum is never run, and is gone`(shell: GitLabJob.Shell) throws {
        var (server, inputs) = try release()
        defer { withExtendedLifetime(server) {} }
        for name in inputs.keys where name.hasPrefix("sha256") { inputs[name] = String(repeating: "0", count: 64) }
        let job = try job("pulumi up", inputs: inputs, in: shell)
        #expect(try !job.run())
        #expect(job.statuses == [65, 0])
        #expect(job.output.contains("pulumi-token: its SHA-256 is not 000"))
        #expect(machine.pulumiCalls == [] && machine.cloud.requests.isEmpty)
        #expect(!fileExists(job.file("app.tmp/pulumi-token.bin/pulumi-token")))
    }

    @Test(
        arguments: GitLabJob.Shell.allCases,
        [
            (["wget"], "cannot check the download: this image has no sha256sum"),
            (["sha256sum"], "this image has neither curl nor wget"),
        ]
    )
    func `an image without the programs that fetch and check is told so`(
        shell: GitLabJob.Shell,
        image: (tools: [String], error: String)
    ) throws {
        let (server, inputs) = try release()
        defer { withExtendedLifetime(server) {} }
        let job = try job("pulumi up", inputs: inputs, in: shell)
        job.searchPath = try self.image(of: shell, with: image.tools)
        #expect(try !job.run())
        #expect(job.statuses == [64, 0])
        #expect(job.output.contains("pulumi-token: error: ") && job.output.contains(image.error), "\(job.output)")
        #expect(machine.pulumiCalls == [] && machine.cloud.requests.isEmpty)
    }

    @Test func `without a checksum nothing is fetched`() throws {
        let job = try job("pulumi up", inputs: ["download": "http://127.0.0.1:9"])
        #expect(try !job.run())
        #expect(job.statuses == [64, 0])
        #expect(job.output.contains("cannot check the download: the input sha256-"))
    }

    @Test func `a release that is not there fails the job`() throws {
        var (server, inputs) = try release()
        defer { withExtendedLifetime(server) {} }
        inputs["download"]? += "/v0"
        let job = try job("pulumi up", inputs: inputs)
        #expect(try !job.run())
        #expect(job.statuses == [69, 0] && job.output.contains("pulumi-token: error: cannot download http://"))
        #expect(machine.pulumiCalls == [] && machine.cloud.requests.isEmpty)
    }

    // MARK: What the log shows

    @Test(arguments: GitLabJob.Shell.allCases, [false, true])
    func `a trace of every command shows no minted token`(shell: GitLabJob.Shell, masks: Bool) throws {
        let job = try job("pulumi up", in: shell, masks: masks)
        job.variables["CI_DEBUG_TRACE"] = "true"
        #expect(try job.run(), "\(job.output)")
        #expect(leaks(of: machine.mintedValues, in: job.log.text) == [])
        if !masks { #expect(leaks(of: machine.mintedValues, in: job.output) == []) }
        #expect(machine.cloud.liveTokens.isEmpty)
    }

    @Test func `where the runner takes masks, a command that prints the token shows none`() throws {
        let job = try job("pulumi show", "printf %s \"$PULUMI_ACCESS_TOKEN\" | base64", masks: true)
        #expect(try job.run(), "\(job.output)")
        #expect(leaks(of: machine.mintedValues, in: job.output) != [])
        #expect(leaks(of: machine.mintedValues, in: job.log.text) == [])
    }
}
