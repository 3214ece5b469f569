import Glibc
import HostSystem
import Supervision
import TestBench
import Testing

/// Which processes a signal may go to.
@Suite struct ProcessGroupTests {
    /// A shell that leads a group, with a child in it.
    private func startGroup(_ script: String = "sleep 1000 & echo $!; wait") throws -> (RunningProgram, child: Int32) {
        var program = Program("bash", ["-c", "exec 3<&0; \(script)"])
        program.hasOwnGroup = true
        program.input = .held
        let leader = try program.start()
        let line = try #require(try leader.nextLine())
        return (leader, try #require(Int32(line)))
    }

    private func group(ledBy pid: Int32) throws -> ProcessGroup {
        let process = try #require(WatchedProcess(pid: pid))
        guard let group = ProcessGroup(ledBy: process) else { throw BenchError("\(pid) leads no group") }
        return group
    }

    private func watch(_ pid: Int32) throws -> ProcessWatch {
        let process = try #require(WatchedProcess(pid: pid))
        guard let watch = ProcessWatch(process) else { throw BenchError("\(pid) cannot be watched") }
        return watch
    }

    private func canBeWatched(_ process: WatchedProcess) -> Bool {
        guard let watch = ProcessWatch(process) else { return false }
        return !watch.hasEnded
    }

    private func leadsGroup(_ process: WatchedProcess) -> Bool {
        guard let group = ProcessGroup(ledBy: process) else { return false }
        return group.number == process.pid
    }

    @Test func `a process is watched until it ends`() throws {
        let (leader, _) = try startGroup()
        let process = try #require(WatchedProcess(pid: leader.process))
        let watch = try watch(process.pid)
        let hadEnded = watch.hasEnded
        #expect(!hadEnded)
        let wasSent = watch.send(SIGKILL)
        #expect(wasSent)
        let hasEnded = watch.awaitEnd(for: nil)
        #expect(hasEnded)
        // Nobody has waited for it yet, and yet it has ended.
        #expect(WatchedProcess(pid: leader.process) == nil)
        #expect(!canBeWatched(process))
        leader.signalGroup(SIGKILL)
    }

    @Test func `a process of the same number that started at another time is not the one`() throws {
        let process = try #require(WatchedProcess(pid: getpid()))
        #expect(canBeWatched(process))
        let earlier = WatchedProcess(pid: process.pid, startTime: process.startTime - 1)
        #expect(!canBeWatched(earlier))
        #expect(!leadsGroup(earlier))
    }

    @Test func `a group is signalled while its leader lives`() throws {
        // The child says its number itself: between its fork and its program, bash would lose a signal that it traps.
        let script = "trap 'echo told; exit' USR1; sh -c 'echo $$; exec sleep 1000' & wait"
        let (leader, child) = try startGroup(script)
        let group = try group(ledBy: leader.process)
        let watch = try watch(child)
        let wasSent = group.send(SIGUSR1, since: 0)
        #expect(wasSent)
        let hasChildEnded = watch.awaitEnd(for: nil)
        #expect(hasChildEnded, "the child too")
        #expect(try leader.wait().output.hasSuffix("told\n"))
        let wasSentAgain = group.send(SIGUSR1, since: .max)
        #expect(!wasSentAgain, "nobody is left")
    }

    @Test func `without its leader, only a member that is old enough proves the group`()
        throws
    {
        let (leader, child) = try startGroup("sleep 1000 < /dev/null > /dev/null 2>&1 & echo $!; read line <&3")
        let watch = try watch(child)
        let group = try group(ledBy: leader.process)
        leader.closeInput()
        _ = try leader.wait()
        let age = try #require(WatchedProcess(pid: child)).startTime
        let wasSentToYounger = group.send(SIGTERM, since: age)
        #expect(!wasSentToYounger, "it may as well be somebody else's")
        let hadEnded = watch.hasEnded
        #expect(!hadEnded)
        let wasSentToOlder = group.send(SIGTERM, since: age + 1)
        #expect(wasSentToOlder)
        let hasEnded = watch.awaitEnd(for: nil)
        #expect(hasEnded)
    }

    @Test func `who leads no group is not taken for one`() throws {
        let (leader, child) = try startGroup()
        #expect(!leadsGroup(try #require(WatchedProcess(pid: child))))
        leader.signalGroup(SIGKILL)
        _ = try leader.wait()
    }

    @Test func `the clock of start times is the kernel's`() throws {
        let before = ProcessClock.now()
        var cat = Program("cat")
        cat.input = .held
        let program = try cat.start()
        let started = try #require(WatchedProcess(pid: program.process)).startTime
        #expect((before...ProcessClock.now()).contains(started))
    }
}
