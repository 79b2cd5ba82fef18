"""Where copies lie: a folder, a server with SFTP, an object store, or whatever rclone reaches."""
