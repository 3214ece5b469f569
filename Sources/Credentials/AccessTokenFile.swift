internal import HostSystem
internal import Secrets

/// A file that holds a credential and nothing else but perhaps a line end.
struct AccessTokenFile {
    private static let limit = 64 << 10

    private let path: String
    private let reader: FileReader

    init(path: String, reader: FileReader) {
        self.path = path
        self.reader = reader
    }

    /// - Throws: `unreadable` or `malformed`.
    func token() throws(CredentialError) -> Secret {
        let text: Secret
        do throws(FileError) {
            text = try reader.contents(of: path, limit: Self.limit).secret
        } catch {
            throw .unreadable(error)
        }
        do throws(TokenShape.Problem) {
            return try TokenShape.check(text)
        } catch {
            throw .malformed(place: path, error, isFile: true)
        }
    }
}
