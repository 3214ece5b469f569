import CloudEmulator
import JobBench
import RunnerGrammars
import TestBench
import Testing

/// A disk that takes only so many bytes of a file: the kernel writes a part, then refuses.
@Suite(.ownThreads) struct FullDiskTests {
    /// Sizes at which files end, in bytes.
    private func limits(upTo last: Int) -> [Int] {
        Array(stride(from: 0, through: last, by: KillMatrix.isExhaustive ? 16 : last / 16))
    }

    private func limited(_ program: Program, to bytes: Int) -> Program {
        var limited = program
        limited.path = Program("prlimit").path
        limited.arguments = ["--fsize=\(bytes)", "--", program.path] + program.arguments
        return limited
    }

    @Test func `main hands over whole files or none, wherever the disk is full`() throws {
        var codes: [Int32: Int] = [:]
        for limit in limits(upTo: 8192) {
            let job = try GitHubJob(try BuildMachine())
            job.inputs["timeout"] = "2s"
            try job.prepare()
            let outcome = try limited(job.program("main"), to: limit).run()
            codes[outcome.status, default: 0] += 1
            // The runner reads the files also of a step that failed; a half-written one would be an error here.
            try job.finish(outcome)
            #expect([0, 73].contains(outcome.status), "\(limit) bytes: \(outcome.error)")
            #expect(job.machine.cloud.liveTokens.count == (outcome.status == 0 ? 1 : 0), "\(limit) bytes")
            // After a failure what was exported is dead.
            let exported = job.exported["PULUMI_ACCESS_TOKEN"]
            #expect(exported == job.machine.mintedValues.last || outcome.status != 0 && exported == nil)
            let isTold = ["file too large", "no space left"].contains(where: outcome.error.contains)
            #expect(outcome.status == 0 || isTold, "\(limit) bytes: \(outcome.error)")
            try job.post()
            #expect(job.machine.cloud.liveTokens.isEmpty, "\(limit) bytes: \(outcome.error)")
        }
        #expect(Set(codes.keys) == [0, 73])
    }

    @Test(arguments: ["file", "dotenv=", "json"])
    func `mint hands over whole files or none, wherever the disk is full`(export: String) throws {
        var codes: [Int32: Int] = [:]
        for limit in limits(upTo: 4096) {
            let machine = try BuildMachine()
            let options = ["PULUMI_TOKEN_SESSION": "s", "PULUMI_TOKEN_TIMEOUT": "2s"]
            let place = machine.sandbox.file("export.env")
            let mint = try limited(
                Program(
                    Executable.path,
                    ["mint", "--export", export.hasSuffix("=") ? export + place : export],
                    environment: machine.withCredential.merging(options) { $1 }
                ),
                to: limit
            ).run()
            codes[mint.status, default: 0] += 1
            #expect([0, 73].contains(mint.status), "\(limit) bytes: \(mint.error)")
            #expect(machine.cloud.liveTokens.count == (mint.status == 0 ? 1 : 0), "\(limit) bytes")
            #expect((text(of: place) ?? "").isEmpty == (mint.status != 0 || export != "dotenv="), "\(limit) bytes")
            _ = try machine.run("revoke", adding: options)
            #expect(machine.cloud.liveTokens.isEmpty, "\(limit) bytes: \(mint.error)")
            // A script that only says that the mint failed waits for the shell that sources it.
            let isWaiting = { (path: String) in mint.status != 0 && mint.output == path + "\n" }
            let left = machine.sandbox.files.filter { path in
                // Where the job may have the folder's path, that says that it is over, for a CLI that comes later.
                let isMark = path.hasSuffix("/over")
                return path != place && path != machine.caFile && !isWaiting(path) && !isMark
            }
            #expect(left == [], "\(limit) bytes")
        }
        #expect(Set(codes.keys) == [0, 73])
    }
}
