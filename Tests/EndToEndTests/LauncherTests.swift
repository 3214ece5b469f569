import CloudEmulator
import Glibc
import JobBench
import TestBench
import Testing

/// What stands between the runner and the executable: a few lines of JavaScript in an environment that earlier steps
/// may have prepared.
@Suite(.ownThreads) struct LauncherTests {
    private let machine: BuildMachine
    private let job: GitHubJob

    init() throws {
        machine = try BuildMachine()
        job = try GitHubJob(machine)
        job.usesLauncher = true
    }

    /// The action in a folder of its own, as a checkout holds it; without an executable unless one is given.
    private func checkout(executable: String? = nil, preamble: String = "") throws -> String {
        for folder in ["action", "action/scripts", "action/scripts/action", "action/dist"] {
            try machine.sandbox.makeFolder(folder)
        }
        for name in ["launcher.cjs", "main.cjs", "post.cjs"] {
            let source = try #require(text(of: "\(Repository.root)/scripts/action/\(name)"))
            try machine.sandbox.write(
                name == "main.cjs" ? preamble + source : source,
                to: "action/scripts/action/\(name)"
            )
        }
        if let executable {
            let name = try #require(Executable.path.split(separator: "/").last)
            try machine.sandbox.write(Array(executable.utf8), to: "action/dist/\(name)", mode: 0o755)
        }
        return machine.sandbox.file("action/scripts/action/main.cjs")
    }

    private func run(_ script: String, _ change: (inout Program) -> Void = { _ in }) throws -> Outcome {
        try job.prepare()
        var program = Program("node", [script], environment: job.environment)
        change(&program)
        return try program.run()
    }

    @Test func `a checkout of main, which holds no executable, names a release as the way out`() throws {
        let outcome = try run(try checkout())
        #expect(outcome.status == 1)
        #expect(outcome.output == "")
        #expect(
            outcome.error == """
                pulumi-token: error: this commit of the action has no executable
                pulumi-token: hint: use the tag of a release, or its commit
                ::error::this commit of the action has no executable (use the tag of a release, or its commit)

                """
        )
        #expect(machine.cloud.requests == [])
    }

    @Test(arguments: [nil, "#!/nonexistent\n"], [false, true])
    func `post does not repeat that there is no executable, unless a token is left`(
        executable: String?,
        hasToken: Bool
    ) throws {
        let main = try checkout(executable: executable)
        let post = main.replacing("main.cjs", with: "post.cjs")
        #expect(try run(main).error.contains("::error::"))
        let outcome = try run(post) { $0.environment["STATE_lease"] = hasToken ? "{}" : nil }
        #expect(outcome.status == (hasToken ? 1 : 0))
        #expect(outcome.error.contains("::error::") == hasToken, "\(outcome.error)")
        #expect(hasToken || outcome.error == "pulumi-token: nothing was minted\n")
    }

    @Test(arguments: [("win32", "x64"), ("darwin", "arm64"), ("linux", "ia32"), ("linux", "s390x")])
    func `a platform without an executable is named`(system: String, processor: String) throws {
        let pretence = """
            Object.defineProperty(process, 'platform', { value: '\(system)' })
            Object.defineProperty(process, 'arch', { value: '\(processor)' })

            """
        let outcome = try run(try checkout(executable: "#!/bin/sh\nexit 0\n", preamble: pretence))
        #expect(outcome.status == 1)
        #expect(
            outcome.error.hasPrefix(
                """
                pulumi-token: error: no executable exists for \(system) \(processor)
                pulumi-token: hint: use a Linux runner, x64 or arm64

                """
            )
        )
    }

    @Test func `an executable that cannot be run is named, with a hint`() throws {
        let outcome = try run(try checkout(executable: "#!/nonexistent\n"))
        #expect(outcome.status == 1)
        #expect(outcome.error.contains("cannot be run: "))
        #expect(outcome.error.contains("pulumi-token: hint: "))
    }

    /// Those of two tables of the security model.
    private static let libraryVariables = ["it ignores", "it obeys"].flatMap { title in
        SecurityModel.names(inTableOf: title).map { (title, $0) }
    }

    @Test func `variables of libraries do not reach the executable`() throws {
        let names = Self.libraryVariables.map(\.1).filter { $0 != "BASH_ENV" }
        #expect(names.count > 30 && names.contains("OPENSSL_ia32cap") && names.contains("GLIBC_TUNABLES"))
        let script = try checkout(executable: "#!/bin/sh\nexport -p\n")
        for name in names where name != "NODE_OPTIONS" {
            let outcome = try run(script) { $0.environment[name] = name.hasPrefix("LD_") ? "" : "0" }
            #expect(outcome.status == 0 && !outcome.output.contains(" \(name)="), "\(name): \(outcome.log)")
        }
    }

    @Test(arguments: SecurityModel.names(inTableOf: "it ignores"))
    func `a variable that the security model calls ignored changes nothing`(name: String) throws {
        // The list shows when a token was used last.
        machine.cloud.freezeClock()
        let usual = try machine.run("list", "--all")
        #expect(usual.status == 0 && !usual.output.isEmpty)
        let trapped = try machine.run("list", "--all", adding: [name: machine.sandbox.file("trap")])
        #expect(trapped == usual)
        #expect(!machine.sandbox.names.contains("trap"))
    }

    /// A file that is missing changes nothing either, so that looking for it is a fault already.
    @Test(.enabled(if: geteuid() == 0, "it takes root to see what such a process opens"))
    func `no file is looked for that an ignored variable names`() throws {
        let names = SecurityModel.names(inTableOf: "it ignores")
        let (trap, trace) = (machine.sandbox.file("trap"), machine.sandbox.file("trace"))
        // The executable alone gets the variables: strace has libraries that obey them.
        let variables = names.flatMap { ["-E", "\($0)=\(trap)"] }
        let words = ["-qq", "-f", "-o", trace, "-e", "trace=%file"] + variables + [Executable.path, "list", "--all"]
        #expect(try Program("strace", words, environment: machine.withCredential).run().status == 0)
        let calls = try #require(text(of: trace)).split(separator: "\n")
        #expect(calls.contains { $0.contains(machine.caFile) })
        #expect(calls.filter { $0.contains(trap) } == [])
    }

    @Test func `variables that load code into programs do not reach the executable, and PATH chooses nothing`() throws {
        let names = ["LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "NODE_OPTIONS"]
        let script = try checkout(executable: "#!/bin/sh\nexport -p\necho \"arguments: $*\"\nexit 7\n")
        try machine.sandbox.makeFolder("poison")
        let impostor = Array("#!/bin/sh\necho impostor\n".utf8)
        for name in ["pulumi-token", "sh", "pulumi-token-linux-x64", "pulumi-token-linux-arm64"] {
            try machine.sandbox.write(impostor, to: "poison/\(name)", mode: 0o755)
        }
        let outcome = try run(script) {
            for name in names where name != "NODE_OPTIONS" { $0.environment[name] = "/nonexistent" }
            $0.environment["NODE_OPTIONS"] = "--no-warnings"
            $0.environment["PATH"] = machine.sandbox.file("poison") + ":" + ($0.environment["PATH"] ?? "/usr/bin:/bin")
        }
        #expect(outcome.status == 7)
        for name in names { #expect(!outcome.output.contains(name + "=")) }
        #expect(!outcome.output.contains("impostor"))
        #expect(outcome.output.contains("arguments: action main "))
    }

    @Test(arguments: [0, 1, 64, 69, 73, 77, 125, 255] as [Int32])
    func `the exit code is the executable's`(code: Int32) throws {
        #expect(try run(try checkout(executable: "#!/bin/sh\nexit \(code)\n")).status == code)
    }

    @Test(arguments: [("KILL", 137), ("SEGV", 139), ("TERM", 143)] as [(String, Int32)])
    func `an executable that a signal ends gives 128 and its number`(signal: String, code: Int32) throws {
        let outcome = try run(try checkout(executable: "#!/bin/sh\nkill -\(signal) $$\n"))
        #expect(outcome.status == code)
        #expect(outcome.error.contains("pulumi-token: error: SIG\(signal) ended pulumi-token\n"))
        #expect(outcome.error.contains("::error::SIG\(signal) ended pulumi-token ("))
    }

    @Test func `it depends on nothing but Node, and is short`() throws {
        for name in ["launcher", "main", "post", "setup", "revoke", "sweep"] {
            let source = try #require(text(of: "\(Repository.root)/scripts/action/\(name).cjs"))
            #expect(source.split(separator: "\n").count <= 40)
            for piece in source.split(separator: "require('").dropFirst() {
                #expect(piece.hasPrefix("node:") || piece.hasPrefix("./launcher.cjs'"))
            }
        }
    }
}
