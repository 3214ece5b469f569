import CloudEmulator
import JobBench
import RunnerGrammars
import TestBench
import Testing

/// The operating system refuses, at every call that writes something.
@Suite(.ownThreads(.first)) struct ErrnoMatrixTests {
    private static let errors = ["ENOSPC", "EIO", "EACCES", "EINTR"]
    /// What leases, environment files and exports are made with.
    private static let calls = ["write", "openat", "fsync", "rename", "mkdir", "pwrite64", "ftruncate", "close"]

    private struct Injection: CustomStringConvertible {
        var point: SystemCallPoint
        var error: String
        var description: String { "\(error) at \(point)" }

        func into(_ program: Program) -> Program {
            var traced = program
            traced.path = "/usr/bin/strace"
            let inject = "inject=\(point.call):error=\(error):when=\(point.occurrence)"
            traced.arguments = ["-qq", "-o", "/dev/null", "-e", inject, program.path] + program.arguments
            return traced
        }
    }

    /// Some calls have no such error: an interrupted `close` has closed.
    ///
    /// - Parameter sample: without `--exhaustive`, one of so many is tried.
    private func injections(
        of error: String,
        into program: Program,
        _ sandbox: ScratchFolder,
        sample: Int
    ) throws -> [Injection] {
        let points = try SystemCallPoint.all(in: program, sandbox: sandbox).filter { point in
            // The first file is where the runtime finds the command line: without it nobody knows what to do.
            let isUsable = point != SystemCallPoint(call: "openat", occurrence: 1)
            return isUsable && Self.calls.contains(point.call) && !(point.call == "close" && error == "EINTR")
        }
        let first = Self.errors.firstIndex(of: error) ?? 0
        return points.enumerated().filter { KillMatrix.isExhaustive || ($0.offset + first * 3) % sample == 0 }
            .map { Injection(point: $0.element, error: error) }
    }

    @Test func `main hands over whole files or none, whatever call fails`() throws {
        let dry = try GitHubJob(try BuildMachine())
        try dry.prepare()
        var codes: [Int32: Int] = [:]
        let injections = try Self.errors.flatMap { error in
            try self.injections(of: error, into: dry.program("main"), dry.machine.sandbox, sample: 11)
        }
        for injection in injections {
            let job = try GitHubJob(try BuildMachine())
            job.inputs["timeout"] = "2s"
            try job.prepare()
            let outcome = try injection.into(job.program("main")).run()
            codes[outcome.status, default: 0] += 1
            // The runner reads the files also of a step that failed; a half-written one would be an error here.
            try job.finish(outcome)
            let live = job.machine.cloud.liveTokens.count
            #expect(live == (outcome.status == 0 ? 1 : 0), "\(injection): \(outcome.error)")
            #expect([0, 66, 69, 73, 1].contains(outcome.status), "\(injection): \(outcome.error)")
            if outcome.status == 0 {
                #expect(job.exported["PULUMI_ACCESS_TOKEN"] == job.machine.mintedValues.last, "\(injection)")
            }
            try job.post()
            #expect(job.machine.cloud.liveTokens.isEmpty, "\(injection): \(outcome.error)")
            #expect(leaks(of: job.machine.mintedValues, in: job.log.text) == [], "\(injection)")
        }
        #expect(codes[73, default: 0] > 0)
        print("errno matrix: action main: \(injections.count) failures, exit codes \(codes.sorted { $0.key < $1.key })")
    }

    @Test(arguments: errors)
    func `mint leaves a script that works or one that stops the job, whatever call fails`(error: String) throws {
        let dry = try BuildMachine()
        let program = Program(Executable.path, ["mint"], environment: dry.withCredential)
        let injections = try injections(of: error, into: program, dry.sandbox, sample: 11)
        var refused = 0
        for injection in injections {
            let machine = try BuildMachine()
            let options = ["PULUMI_TOKEN_SESSION": "s", "PULUMI_TOKEN_TIMEOUT": "2s"]
            let traced = injection.into(
                Program(Executable.path, ["mint"], environment: machine.withCredential.merging(options) { $1 })
            )
            let script = try machine.sandbox.write(
                "v=$(\(([traced.path] + traced.arguments).joined(separator: " "))); . \"$v\"; echo \"$?:$PULUMI_ACCESS_TOKEN\"",
                to: "script"
            )
            let job = try Program("bash", [script], environment: traced.environment).run()
            let last = job.output.split(separator: "\n").last.map(String.init) ?? ""
            let value = machine.mintedValues.last ?? "none"
            let isAlive = !machine.cloud.liveTokens.isEmpty
            // Either the live token and success, or a failure without the parent; a shell that ended said nothing.
            let isGiven = last == "0:\(value)" && isAlive
            let isRefused = last.isEmpty ? job.status != 0 : last.hasSuffix(":") && !last.hasPrefix("0")
            #expect(isGiven || isRefused, "\(injection): \(last) \(job.error)")
            refused += isRefused ? 1 : 0
            _ = try machine.run("revoke", adding: options)
            #expect(machine.cloud.liveTokens.isEmpty, "\(injection): \(job.error)")
        }
        // A call that was interrupted is made again, but for a few, which a sample can miss.
        #expect(refused > 0 || error == "EINTR" && !KillMatrix.isExhaustive, "no failure was one")
        print("errno matrix: mint, \(error): \(injections.count) failures")
    }

    /// The file, then its name.
    @Test(arguments: [1, 2])
    func `a record that is not known to be on the disk is none`(flush: Int) throws {
        let machine = try BuildMachine()
        let environment = machine.withCredential.merging(["PULUMI_TOKEN_SESSION": "s"]) { $1 }
        let mint = Program(Executable.path, ["mint"], environment: environment)
        let injection = Injection(point: SystemCallPoint(call: "fsync", occurrence: flush), error: "EIO")
        let outcome = try injection.into(mint).run()
        #expect(outcome.status == 73 && outcome.error.contains("cannot"), "\(outcome.error)")
        #expect(leaks(of: [machine.parent], in: outcome.error) == [])
        #expect(machine.cloud.requests.isEmpty)
        #expect(machine.sandbox.files.filter { $0.hasSuffix(".json") || $0.hasSuffix(".alive") } == [])
    }
}
