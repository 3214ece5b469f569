internal import COpenSSL
internal import FoundationEssentials

extension Connection {
    /// Serves a request wrongly.
    func misbehave(_ fault: Misbehaviour, on request: Request, loggedAt position: Int) -> Continuation {
        if let seconds = fault.advanceClock { state.withLock { $0.clock.advance(by: seconds) } }
        guard pause(fault.delayBeforeMs), stall(fault, .beforeActing) else { return .ends }
        if fault.close == .beforeActing { return .ends }
        if fault.reset == .beforeActing { return .isReset }
        if let trigger = fault.commitAfter {
            return commitLate(request, after: trigger)
        }
        var reply = fault.shouldAct ? act(on: request, loggedAt: position) : unacted(request, loggedAt: position)
        guard pause(fault.delayAfterMs), stall(fault, .afterActing) else { return .ends }
        fault.distort(&reply, chunked: state.withLock { $0.configuration.chunkedReplies })
        state.withLock { $0.log.setStatus(fault.hasReply ? reply.status : 0, at: position) }
        if fault.close == .afterActing { return .ends }
        if fault.reset == .afterActing { return .isReset }
        if fault.hold == true { return untilClientLeaves() }
        return deliver(reply, of: request, with: fault)
    }

    /// An empty reply for a request that must not have an effect.
    private func unacted(_ request: Request, loggedAt position: Int) -> Reply {
        state.withLock { state in
            var reply = Reply(status: 200)
            state.commitLate(after: request)
            state.complete(&reply)
            return reply
        }
    }

    /// Waits in real time; false when the server stops.
    private func pause(_ milliseconds: Int?) -> Bool {
        guard let milliseconds, milliseconds > 0 else { return true }
        return emulator_wait(-1, stop.descriptor, Int32(milliseconds)) != EMULATOR_STOPPED
    }

    /// Waits to be released; false when the server stops.
    private func stall(_ fault: Misbehaviour, _ moment: Misbehaviour.Moment) -> Bool {
        guard fault.stall == moment else { return true }
        state.wait { $0.rules.isReleased || $0.connections.isClosed }
        return state.withLock { !$0.connections.isClosed }
    }

    private func untilClientLeaves() -> Continuation {
        _ = emulator_wait(stream.descriptor, stop.descriptor, -1)
        return .ends
    }

    private func commitLate(_ request: Request, after trigger: Misbehaviour.Matcher) -> Continuation {
        state.withLock {
            $0.lateCommits.append(
                LateCommit(request: request, trigger: trigger, client: stream.descriptor, key: key)
            )
        }
        return untilClientLeaves()
    }
}

extension Misbehaviour {
    /// Changes a reply as far as it stays HTTP.
    ///
    /// - Parameter chunked: the reply goes out in chunks.
    func distort(_ reply: inout Reply, chunked: Bool) {
        if let redirect {
            reply = Reply(status: 302, fields: reply.fields)
            reply.set("Location", to: redirect)
        }
        if let status { reply.status = status }
        if let body { reply.body = Array(body.utf8) }
        distortMembers(&reply)
        for (name, value) in headers ?? [:] { reply.set(name, to: value) }
        for name in withoutHeaders ?? [] { reply.fields.removeAll { $0.name.lowercased() == name.lowercased() } }
        if let endlessBytes, !chunked { reply.set("Content-Length", to: "\(endlessBytes)") }
    }

    private func distortMembers(_ reply: inout Reply) {
        guard members != nil || withoutMembers != nil else { return }
        guard case .object(var document)? = try? JSONValue(text: reply.body) else { return }
        document.merge(members ?? [:]) { $1 }
        for name in withoutMembers ?? [] { document[name] = nil }
        reply.body = (try? jsonBytes(JSONValue.object(document))) ?? []
    }
}
