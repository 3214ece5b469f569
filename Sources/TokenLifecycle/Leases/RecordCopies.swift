internal import HostSystem

/// The copies of a new record, on their way to the disk while their owner does what else comes before the request.
///
/// A copy that cannot be written is left out: the first place is enough for the job itself, and a read-only home is usual
/// in containers.
final class RecordCopies: Sendable {
    private let written = PendingValue<Void>()

    init(of record: LeaseRecord, in places: [LeasePlace]) {
        let written = written
        let write: @Sendable () -> Void = {
            for place in places { _ = try? place.create(record) }
            written.set(())
        }
        if places.isEmpty || !startThread(write) { write() }
    }

    deinit { finish() }

    /// Returns when nothing is written any more.
    func finish() { written.wait() }
}
