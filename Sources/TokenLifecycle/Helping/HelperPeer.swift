internal import HostSystem

#if canImport(Darwin)
internal import Darwin
#else
internal import Glibc
#endif

/// Who may be on the other side of the helper's socket: this user and root.
///
/// The directory, which nobody else can enter, is the wall; this is the belt.
package struct HelperPeer: Sendable {
    /// What the kernel shows in place of users that a namespace does not know.
    private static let usualUnmapped: UInt32 = 65534

    let own: UInt32
    /// The number that may stand for anybody; nil where every user is known.
    let unmapped: UInt32?

    package init(own: UInt32, unmapped: UInt32?) {
        self.own = own
        self.unmapped = unmapped
    }

    package static func current() -> HelperPeer {
        HelperPeer(own: geteuid(), unmapped: knowsEverybody ? nil : unmappedUser)
    }

    /// - Parameter user: nil when the system does not say.
    package func accepts(_ user: UInt32?) -> Bool {
        guard let user, user != unmapped else { return false }
        return user == own || user == 0
    }

    /// Whether the namespace of users is the machine's own.
    private static var knowsEverybody: Bool {
        guard let map = text(of: "/proc/self/uid_map") else { return true }
        return map.split(whereSeparator: { $0 == " " || $0 == "\n" }) == ["0", "0", "4294967295"]
    }

    private static var unmappedUser: UInt32 {
        let number = text(of: "/proc/sys/kernel/overflowuid")?.split(separator: "\n").first
        return number.flatMap { UInt32($0) } ?? usualUnmapped
    }

    private static func text(of path: String) -> String? {
        guard let bytes = try? Descriptor.open(path, O_RDONLY).contents(limit: 1 << 16) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
