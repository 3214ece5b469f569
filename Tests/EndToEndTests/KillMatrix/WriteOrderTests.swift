import CloudEmulator
import JobBench
import TestBench
import Testing

/// The system calls of a whole command, in their order.
@Suite(.ownThreads) struct WriteOrderTests {
    private func calls(of program: Program, in sandbox: ScratchFolder) throws -> [String] {
        let trace = sandbox.file("trace")
        var traced = program
        traced.path = "/usr/bin/strace"
        traced.arguments = ["-qq", "-s", "4000", "-o", trace, program.path] + program.arguments
        #expect(try traced.run().status == 0)
        return (text(of: trace) ?? "").split(separator: "\n").map(String.init)
    }

    private func first(_ calls: [String], _ name: String, _ part: String = "") throws -> Int {
        try #require(calls.firstIndex { $0.hasPrefix(name + "(") && $0.contains(part) }, "no \(name) with \(part)")
    }

    @Test func `the intent is on the disk, name and all, before a connection is opened`() throws {
        let machine = try BuildMachine()
        let program = Program(Executable.path, ["mint", "--session", "s"], environment: machine.withCredential)
        let calls = try calls(of: program, in: machine.sandbox)
        let connect = try first(calls, "connect")
        let renamed = try first(calls, "rename", ".local/state/pulumi-token/")
        let flushed = try #require(calls[..<renamed].lastIndex { $0.hasPrefix("fsync(") })
        let folder = try #require(calls[renamed..<connect].firstIndex { $0.hasPrefix("fsync(") })
        #expect(flushed < renamed && renamed < folder && folder < connect)
    }

    @Test func `on GitHub the state is written before a connection, the mask before an export`() throws {
        let job = try GitHubJob(try BuildMachine())
        try job.prepare()
        let calls = try calls(of: job.program("main"), in: job.machine.sandbox)
        let connect = try first(calls, "connect")
        let state = try first(calls, "write", "\\\"unresolved\\\":[{")
        #expect(state < connect)
        let value = job.machine.mintedValues[0]
        let mask = try first(calls, "write", "::add-mask::\(value)")
        let record = try first(calls, "write", "\\\"tokenID\\\":")
        let output = try first(calls, "write", "token<<ghadelimiter_")
        #expect(connect < mask && mask < record && record < output)
        // Nothing else is ever told the value.
        let told = calls.filter { $0.contains(value) && $0.hasPrefix("write(") }
        #expect(told.count == 3, "the mask, the output and the variable")
    }

    @Test func `a record that goes next is not written once more`() throws {
        let machine = try BuildMachine()
        #expect(try machine.run("mint", adding: ["PULUMI_TOKEN_SESSION": "s"]).status == 0)
        let program = Program(Executable.path, ["revoke", "--session", "s"], environment: machine.withCredential)
        let calls = try calls(of: program, in: machine.sandbox)
        _ = try first(calls, "unlink", ".local/state/pulumi-token/")
        #expect(!calls.contains { $0.hasPrefix("rename(") || $0.hasPrefix("fsync(") })
    }

    @Test func `a mint copies none of its memory for the guardian, and has one thread for OpenSSL`() throws {
        let machine = try BuildMachine()
        let program = Program(Executable.path, ["mint", "--session", "s"], environment: machine.withCredential)
        let children = try calls(of: program, in: machine.sandbox).filter {
            ["fork(", "vfork(", "clone(", "clone3("].contains(where: $0.hasPrefix)
        }
        let threads = children.filter { $0.contains("CLONE_THREAD") }
        let guardians = children.filter { $0.hasPrefix("vfork(") || $0.contains("CLONE_VFORK") }
        #expect(threads.count == 1 && guardians.count == 1 && children.count == 2, "\(children)")
    }
}
