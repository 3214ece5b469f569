internal import COpenSSL

/// A request that is to have its effect only after its client has gone.
struct LateCommit: Sendable {
    var request: Request
    /// Which other request sets it off.
    var trigger: Misbehaviour.Matcher
    /// The waiting client's socket; -1 once it is closed.
    var client: Int32
    /// The connection's key, to find the commit again.
    var key: Int

    /// Asks the kernel, so that the order in which threads wake does not matter.
    var clientHasLeft: Bool {
        client < 0 || emulator_wait(client, -1, 0) == EMULATOR_CLIENT_LEFT
    }
}

extension CloudState {
    /// Lets those late commits happen which this request sets off.
    ///
    /// Its reply is already made.
    mutating func commitLate(after request: Request) {
        let due = lateCommits.filter {
            $0.clientHasLeft && matches(request, method: $0.trigger.method, path: $0.trigger.path)
        }
        guard !due.isEmpty else { return }
        lateCommits.removeAll { commit in due.contains { $0.key == commit.key } }
        for commit in due { _ = answer(commit.request) }
    }

    /// Lets all late commits happen now; how many there were.
    mutating func commitAllLate() -> Int {
        let due = lateCommits
        lateCommits = []
        for commit in due { _ = answer(commit.request) }
        return due.count
    }
}
