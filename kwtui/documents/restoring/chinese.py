"""``RESTORE.md`` in Chinese. Names of programs, options and files stay as they are."""

from __future__ import annotations

from kwtui.documents.restoring.words import RestoreWords
from kwtui.model.schema import Engine

_HOW_TO = """\
`data/` 下的文件必须位于执行导入的节点的 extern 目录中,并且就在语句所引用的位置:`{source}`。

使用脚本时,请在该节点上以数据库所属账户运行,并指定该节点上可用的 SQL 客户端:

    ./restore.sh --as {name} psql -h 127.0.0.1 -p 26257 -U root defaultdb
    ./restore.sh --as {name} kwbase sql --insecure --host 127.0.0.1:26257
    ./restore.sh --as {name} kwbase sql --certs-dir DIR --host 127.0.0.1:26257
    SQL_CLIENT="docker exec -i kwdb ./kwbase sql --insecure" ./restore.sh --as {name}

凡是从标准输入读取语句、并在第一个错误处停止的客户端都可以使用。psql 由脚本设定为遇错即停;\
 `kwbase sql` 在非交互方式下遇错即停。执行恢复的用户需要 admin 角色。

脚本依次执行以下操作:

1. 将文件与 `SHA256SUMS` 比对;有文件损坏或缺失时停止;
2. 创建数据库;名称已被占用时停止,不改动任何已有内容;
3. 创建各表并导入数据,遇到第一个错误即停止。排除原因后,用 `--from N` 继续\
,N 为最后报告的步骤号;也可以删除新建的数据库后重新开始(导入失败后的数秒内,KWDB 可能报告该表\
不存在);
4. 将每张表的行数与备份比对;已知校验和时比对内容;时序表还比对设备数;
5. 创建外键、视图、存储过程、触发器和注释,并授予权限。某一步失败时会报告该步骤,\
其后的步骤照常执行。授权要求相应用户已存在:请事先创建,或用 `--no-grants` 略过授权;
6. 比对有差异时以 4 退出,第 5 步中有步骤失败时以 6 退出。在以 0 退出之前,\
数据库的注释会说明其尚不完整。

请以数据库所属账户运行,该账户具有所需的读写权限。只有当脚本文件属于 root 时\
,root 才会运行它:脚本的所有者决定它执行什么。

`restore.sh --help` 列出全部选项。备份在 extern 中被移动到其他位置时,脚本会自行找到;\
位于另一节点的 extern 时需要 `--node N`;脚本本身不在 extern 中时需要 `--extern DIR`。\
`restore.sql` 包含同样的语句,使用原数据库名,可由 psql 运行,或逐条执行。
"""

_STAGING = """\
KWDB 的时序 IMPORT 会把被拒绝的行写在它所读取的文件旁边。因此脚本先把文件链接到 extern 中\
 `kwtui/.staging` 下的一个目录,从那里导入,最后删除该目录;为此脚本必须能写入 extern。\
手工执行语句时,KWDB 会写入备份本身:请先复制一份备份。
"""

_INSERTS = """\
部分时序表通过 INSERT 恢复:KWDB 的 IMPORT 会错误地存储微秒和纳秒时间,会把列名行当作数据行,\
并且可能把主标签拼接后相同的设备(1, 11 与 11, 1)当作同一台设备。脚本用 awk 由 CSV 文件生成\
针对当前数据库(`USE`)的语句。出错后可以重新执行:时间和标签都相同的行会替换先前的行。\
`./restore.sh --inserts DIR` 把这些语句写成文件,供 `restore.sql` 使用。
"""

CHINESE = RestoreWords(
    title="恢复 {database}",
    made="备份时间:{when},由 kwtui {version} 制作",
    engine="引擎:{engine}",
    engines={Engine.RELATIONAL: "关系", Engine.TIME_SERIES: "时序"},
    server="服务器:KWDB {version},集群 {cluster},节点 {node}",
    totals="表:{tables},行:{rows},大小:{size}",
    proof="封存时的验证级别:P{level}",
    instant="所有表取自同一时刻:`{timestamp}`",
    label="标签:{label}",
    accounts="授权涉及以下用户和角色,恢复前它们必须存在:{names}",
    held="备份内容",
    held_head=("表", "行数", "文件数", "大小"),
    missing="未包含的内容",
    missing_note="以下条目由 kwtui 在备份时以英文记录。",
    nothing_missing="没有已知的缺失。",
    how="如何恢复",
    how_to=_HOW_TO,
    staging=_STAGING,
    inserts=_INSERTS,
    steps="恢复步骤",
    statements="{title}({count} 条语句)",
    rows_inserted="{title}(由 data/{folder} 中的行生成 INSERT)",
    acts={
        "create-database": "创建数据库",
        "create-schemas": "创建模式",
        "create-sequences": "创建序列",
        "create-tables": "创建表",
        "create-indexes": "创建其余索引",
        "import": "导入 {subject}",
        "insert": "插入 {subject} 的行",
        "devices": "补回没有读数的设备",
        "add-unvalidated-keys": "添加可能与已有行不符的外键",
        "set-defaults": "恢复默认值",
        "add-foreign-keys": "添加外键",
        "validate-checks": "校验 CHECK 约束",
        "set-sequences": "恢复序列的当前值",
        "set-zones": "恢复区域配置",
        "comment-and-grant": "恢复注释",
        "grants": "向 {subject} 授予权限",
        "set-last-defaults": "恢复使用序列或引用本数据库名的默认值",
        "create-views": "创建视图",
        "create-programs": "创建存储过程和触发器",
        "comment-and-grant-last": "恢复视图和数据库的注释",
        "finish": "将数据库标记为完整",
    },
    explanations={
        "create-tables": "关系表不带默认值和外键:IMPORT INTO 拒绝带默认值的表,也不检查外键;"
        "两者在导入数据后添加。",
        "add-unvalidated-keys": "备份时它们未经校验。在其后导入可保持这一状态;"
        "导入后再添加会被拒绝。",
        "set-defaults": "以 SHOW COLUMNS 的结果为准:KWDB 输出的表定义有时有误。",
        "add-foreign-keys": "添加时会检查每一行。",
        "validate-checks": "导入后它们处于未校验状态。",
        "set-last-defaults": "依赖序列的对象可能阻止数据库改名。",
        "create-views": "含有视图的数据库不能改名,因此视图最后创建。",
        "create-programs": "最后创建,以免触发器因备份中的行而触发。",
    },
    one_of="{title},第 {number} 条,共 {of} 条",
    check="如何确认数据完整",
    check_words="在恢复后的数据库中(先执行 `USE`),每张表的行数应与下列数字一致:",
    unknown_count="未知",
    expiring="{count},减去早于保留期 {seconds} 秒的行",
    by_hand="需要手工重新创建的内容",
    by_hand_words="这里的脚本不会执行以下语句。语句中的表名带有数据库名:恢复后的数据库使用其他名称时,"
    "请先修改。",
)
