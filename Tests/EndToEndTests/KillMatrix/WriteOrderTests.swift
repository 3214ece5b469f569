import CloudEmulator
import JobBench
import TestBench
import Testing

/// The system calls of a whole command, in their order.
@Suite(.ownThreads) struct WriteOrderTests {
    /// What a program calls: a call that sends or writes where it begins, any other where it has returned.
    ///
    /// - Parameters:
    ///   - following: whether its other threads and its processes are listened to as well.
    ///   - injecting: what `strace` does to calls.
    private func calls(
        of program: Program,
        in sandbox: ScratchFolder,
        following: Bool = false,
        injecting: String? = nil
    ) throws -> [String] {
        let trace = sandbox.file("trace")
        var traced = program
        traced.path = "/usr/bin/strace"
        let injection = injecting.map { ["-e", "inject=\($0)"] } ?? []
        let options = (following ? ["-f"] : []) + ["-qq", "-s", "4000", "-o", trace] + injection
        traced.arguments = options + [program.path] + program.arguments
        #expect(try traced.run().status == 0)
        let lines = (text(of: trace) ?? "").split(separator: "\n").map(String.init)
        return following ? inOrder(lines) : lines
    }

    private func inOrder(_ lines: [String]) -> [String] {
        var pending: [Substring: String] = [:]
        return lines.compactMap { line in
            let process = line.prefix { $0 != " " }
            let call = String(line.dropFirst(process.count).drop { $0 == " " })
            let isSent = call.hasPrefix("write(") || call.hasPrefix("sendto(")
            if call.hasPrefix("<... ") { return pending.removeValue(forKey: process) }
            guard call.hasSuffix(" <unfinished ...>"), !isSent else { return call }
            pending[process] = call
            return nil
        }
    }

    /// A cloud whose requests a trace can show.
    private func machine() throws -> BuildMachine { try BuildMachine { $0.plainHTTP = true } }

    private func first(_ calls: [String], _ name: String, _ part: String = "") throws -> Int {
        try #require(calls.firstIndex { $0.hasPrefix(name + "(") && $0.contains(part) }, "no \(name) with \(part)")
    }

    @Test func `the intent is on the disk, name and all, and the guardian started, before anything is sent`() throws {
        let machine = try machine()
        let program = Program(Executable.path, ["mint", "--session", "s"], environment: machine.withCredential)
        let calls = try calls(of: program, in: machine.sandbox, following: true)
        let sent = try first(calls, "sendto", "POST /api/user/tokens")
        #expect(!calls[..<sent].contains { $0.hasPrefix("sendto(") && $0.contains("HTTP/1") })
        let renamed = try first(calls, "rename", ".local/state/pulumi-token/")
        try #require(renamed < sent)
        let flushed = try #require(calls[..<renamed].lastIndex { $0.hasPrefix("fsync(") })
        let folder = try #require(calls[renamed..<sent].firstIndex { $0.hasPrefix("fsync(") })
        let guardian = try first(calls, "vfork")
        #expect(flushed < renamed && renamed < folder && folder < guardian && guardian < sent)
    }

    @Test func `on GitHub the state is written before anything is sent, the mask before an export`() throws {
        let job = try GitHubJob(try machine())
        try job.prepare()
        let calls = try calls(of: job.program("main"), in: job.machine.sandbox, following: true)
        let sent = try first(calls, "sendto", "POST /api/user/tokens")
        let state = try first(calls, "write", "\\\"unresolved\\\":[{")
        #expect(state < sent)
        let value = job.machine.mintedValues[0]
        let mask = try first(calls, "write", "::add-mask::\(value)")
        let record = try first(calls, "write", "\\\"tokenID\\\":")
        let output = try first(calls, "write", "token<<ghadelimiter_")
        #expect(sent < mask && mask < record && record < output)
        // Nothing else is ever told the value: the mask, the output, the variable, and the guardian.
        let told = calls.filter { $0.contains(value) && $0.hasPrefix("write(") }
        #expect(told.count == 4 && told.contains { $0.contains(#"{\"is\":\"value\""#) })
    }

    @Test func `a copy of the intent that is slow to reach the disk is waited for before anything is sent`() throws {
        let job = try GitHubJob(try machine())
        try job.prepare()
        let (program, sandbox) = (job.program("main"), job.machine.sandbox)
        let calls = try calls(of: program, in: sandbox, following: true, injecting: "fsync:delay_exit=100000")
        let sent = try first(calls, "sendto", "POST /api/user/tokens")
        #expect(calls[..<sent].count { $0.hasPrefix("fsync(") } == 2)
    }

    @Test func `a record that goes next is not written once more`() throws {
        let machine = try BuildMachine()
        #expect(try machine.run("mint", adding: ["PULUMI_TOKEN_SESSION": "s"]).status == 0)
        let program = Program(Executable.path, ["revoke", "--session", "s"], environment: machine.withCredential)
        let calls = try calls(of: program, in: machine.sandbox)
        _ = try first(calls, "unlink", ".local/state/pulumi-token/")
        #expect(!calls.contains { $0.hasPrefix("rename(") || $0.hasPrefix("fsync(") })
    }

    @Test func `a mint copies none of its memory for the guardian, and has two threads for its connection`() throws {
        let machine = try BuildMachine()
        let program = Program(Executable.path, ["mint", "--session", "s"], environment: machine.withCredential)
        let children = try calls(of: program, in: machine.sandbox).filter {
            ["fork(", "vfork(", "clone(", "clone3("].contains(where: $0.hasPrefix)
        }
        let threads = children.filter { $0.contains("CLONE_THREAD") }
        let guardians = children.filter { $0.hasPrefix("vfork(") || $0.contains("CLONE_VFORK") }
        #expect(threads.count == 2 && guardians.count == 1 && children.count == 3, "\(children)")
        // What is connected early is what is sent: otherwise there would be another handshake.
        #expect(machine.cloud.report.handshakes == 1 && machine.cloud.requests.count == 1)
    }
}
