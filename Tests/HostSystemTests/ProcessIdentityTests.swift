import Glibc
import HostSystem
import TestBench
import Testing

@Suite struct ProcessIdentityTests {
    /// An identity on a machine that says all about itself.
    private func identity(
        machine: String? = "machine",
        boot: String? = "boot",
        namespace: String? = "pid:[1]",
        pid: Int32 = getpid(),
        startTime: UInt64? = ProcessIdentity.startTime(of: getpid())
    ) -> ProcessIdentity {
        ProcessIdentity(machine: machine, boot: boot, namespace: namespace, pid: pid, startTime: startTime)
    }

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
        #expect(identity().isOver(seenFrom: identity()) == false)
    }

    @Test func `a child is alive until it ends, and over when only its remains are left`() throws {
        let here = identity()
        var there: ProcessIdentity?
        let child = try withChild(Program("cat")) { child, startTime in
            #expect(startTime != nil)
            there = identity(pid: child, startTime: startTime)
            #expect(there?.isOver(seenFrom: here) == false)
        }
        var status = siginfo_t()
        waitid(P_PID, id_t(child), &status, WEXITED | WNOWAIT)
        #expect(ProcessIdentity.startTime(of: child) == nil)
        #expect(there?.isOver(seenFrom: here) == true)
        reap(child)
        #expect(there?.isOver(seenFrom: here) == true)
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

    @Test func `a process id that was used again is another process`() throws {
        let startTime = try #require(ProcessIdentity.startTime(of: getpid()))
        #expect(identity(startTime: startTime - 1).isOver(seenFrom: identity()) == true)
        #expect(identity(startTime: startTime + 1).isOver(seenFrom: identity()) == true)
    }

    @Test func `there is no process of an impossible number`() {
        #expect(ProcessIdentity.startTime(of: Int32.max) == nil)
        #expect(ProcessIdentity.startTime(of: 0) == nil)
        #expect(ProcessIdentity.startTime(of: -1) == nil)
        #expect(identity(pid: .max, startTime: 1).isOver(seenFrom: identity()) == true)
    }

    @Test func `after another start of the machine everything is over`() {
        let earlier = identity(boot: "an earlier boot")
        #expect(earlier.isOver(seenFrom: identity()) == true)
        #expect(earlier.isFromEarlierBoot(of: identity()))
        #expect(identity(boot: "an earlier boot", namespace: "pid:[2]").isOver(seenFrom: identity()) == true)
    }

    @Test func `nobody can tell about another machine or container`() {
        #expect(identity(machine: "another").isOver(seenFrom: identity()) == nil)
        #expect(identity(machine: "another", boot: "another").isOver(seenFrom: identity()) == nil)
        #expect(!identity(machine: "another", boot: "another").isFromEarlierBoot(of: identity()))
        #expect(identity(namespace: "pid:[2]").isOver(seenFrom: identity()) == nil)
        #expect(!identity(namespace: "pid:[2]").isFromEarlierBoot(of: identity()))
    }

    @Test func `nobody can tell what the system did not say`() {
        #expect(identity(machine: nil).isOver(seenFrom: identity(machine: nil)) == nil)
        #expect(identity(boot: nil).isOver(seenFrom: identity(boot: nil)) == nil)
        #expect(identity(namespace: nil).isOver(seenFrom: identity(namespace: nil)) == nil)
        #expect(identity(startTime: nil).isOver(seenFrom: identity()) == nil)
        #expect(identity().isOver(seenFrom: identity(boot: nil)) == nil)
        #expect(!identity(machine: nil).isFromEarlierBoot(of: identity(machine: nil)))
        #expect(!identity(boot: nil).isFromEarlierBoot(of: identity()))
        #expect(!identity().isFromEarlierBoot(of: identity()))
    }
}
