package import CISystems
package import HostSystem

/// A lease in the state of a GitHub action, which the runner hands to the post stage.
package struct StateRecords: LeaseRecords {
    /// The key under which the record is saved; the post stage finds it as `STATE_lease`.
    package static let key = "lease"

    private let file: EnvironmentFile
    private let random: Randomness

    package init(_ file: EnvironmentFile, random: Randomness) {
        self.file = file
        self.random = random
    }

    package func save(_ lease: Lease) throws(FileError) {
        try write(String(decoding: lease.encoded(), as: UTF8.self))
    }

    /// The runner takes the last value of a key.
    package func remove(_ lease: Lease) {
        _ = try? write("")
    }

    private func write(_ text: String) throws(FileError) {
        do throws(ExportError) {
            try file.append([.plain(Self.key, text)], randomness: random)
        } catch {
            guard case .unwritable(let path, let code) = error else {
                throw FileError.notRegular(file.path)
            }
            throw FileError(.write, path, code: code)
        }
    }
}
