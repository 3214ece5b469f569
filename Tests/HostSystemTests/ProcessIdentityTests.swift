import Glibc
import HostSystem
import TestBench
import Testing

@Suite struct ProcessIdentityTests {
    /// A process that lives until its input ends, and what is to be done while it lives.
    private func withChild(_ program: Program, _ body: (Int32, UInt64?) throws -> Void) throws -> Int32 {
        let pipe = try Pipe()
        let child = try program.spawn([pipe.readEnd, pipe.writeEnd])
        try body(child, ProcessIdentity.startTime(of: child))
        pipe.closeWriteEnd()
        kill(child, SIGKILL)
        return child
    }

    private func reap(_ child: Int32) {
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
    }

    @Test func `this process is alive`() throws {
        let here = ProcessIdentity.current()
        #expect(here.pid == getpid())
        #expect(here.startTime == ProcessIdentity.startTime(of: getpid()))
        #expect(try #require(here.startTime) > 0)
        #expect(here.namespace?.hasPrefix("pid:[") == true)
        #expect(here.boot?.utf8.count == 36)
        #expect(here == ProcessIdentity.current())
    }

    @Test func `a child is alive until it ends, and over when only its remains are left`() throws {
        let child = try withChild(Program("cat")) { child, startTime in
            #expect(startTime != nil)
            #expect(ProcessIdentity.presence(of: child) == startTime.map { .started($0) })
        }
        var status = siginfo_t()
        waitid(P_PID, id_t(child), &status, WEXITED | WNOWAIT)
        #expect(ProcessIdentity.startTime(of: child) == nil)
        #expect(ProcessIdentity.presence(of: child) == .gone)
        reap(child)
        #expect(ProcessIdentity.presence(of: child) == .gone)
    }

    @Test(arguments: ["a b c", "x) S 1 (y", ")))", "0 Z 0", "é"])
    func `a program may have any name`(name: String) throws {
        let scratch = try ScratchFolder()
        let program = Program(try scratch.link(name, to: Program("cat").path))
        let child = try withChild(program) { child, startTime in
            let ours = try #require(ProcessIdentity.startTime(of: getpid()))
            #expect(try #require(startTime) >= ours)
        }
        reap(child)
    }

    @Test func `there is no process of an impossible number`() {
        #expect(ProcessIdentity.startTime(of: Int32.max) == nil)
        #expect(ProcessIdentity.startTime(of: 0) == nil)
        #expect(ProcessIdentity.startTime(of: -1) == nil)
        #expect(ProcessIdentity.presence(of: .max) == .gone)
    }
}
