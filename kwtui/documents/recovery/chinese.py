"""The recovery plan in Chinese."""

from __future__ import annotations

from kwtui.documents.recovery.scenarios import Act, Scenario
from kwtui.documents.recovery.words import ScenarioWords, Words

CHINESE = Words(
    title="恢复预案",
    made="由 kwtui {version} 于 {when} 在主机 {host} 上生成。",
    renew="环境有变化后请重新生成:`{command}`",
    where="各项内容的位置",
    where_head=("内容", "位置"),
    backups_lie="备份",
    server_version="版本",
    cluster="集群",
    options="每条命令所带的选项",
    copies="异地存储目标",
    no_copies="**无:本站点损毁时,备份将一并丢失**",
    wal="WAL 级别",
    nodes="节点数",
    state="可以恢复的内容",
    state_head=(
        "数据库",
        "状态",
        "最新的已验证备份",
        "验证级别",
        "此后写入的数据会丢失",
        "恢复用时",
        "最近一次演练",
    ),
    nothing_proven="**无**",
    never="从未",
    never_restored="从未测量",
    measured="{usual}(共测量 {times} 次,{fastest} 至 {slowest})",
    loss="自 {when} 起",
    loss_all="**全部数据**",
    promise="已验证的备份最长不得超过 {span}。",
    contacts="联系人",
    contacts_head=("姓名", "职责", "电话", "邮箱", "有权决定"),
    no_contacts="尚未指定联系人。请写入 `{file}`。",
    yes="是",
    not_covered="未覆盖的内容",
    not_covered_always=(
        "无法恢复到两次备份之间的任意时间点。",
        "用户、密码和集群设置只有在备份时使用 `--with-users` 和 `--with-settings` 才会保存,"
        "恢复时不会自动应用。",
    ),
    backups="最新的备份",
    backups_head=("备份", "时间", "验证级别", "行数", "大小"),
    no_backups="没有备份。",
    damaged="已损坏",
    unknown="未能查明的内容",
    lost="损失",
    takes="恢复用时",
    who="由谁决定",
    anybody="尚未指定",
    elsewhere_missing="**没有异地副本:无法恢复任何数据。**",
    nothing_to_restore="**无法恢复:{names}。** 没有任何已验证的备份。",
    scenarios={
        Scenario.TABLE: ScenarioWords(
            "表被删除,或表中数据有误", "备份之后写入该表的数据。其他表不受影响。"
        ),
        Scenario.DATABASE: ScenarioWords("数据库被删除或损坏", "备份之后写入该数据库的数据。"),
        Scenario.NODE: ScenarioWords(
            "节点丢失",
            "如果其他节点保存有副本,则没有数据丢失。该节点的 extern 目录会随磁盘一起丢失。"
            "如果它是唯一的节点,则丢失其他位置最新备份之后的全部数据。",
        ),
        Scenario.DISK: ScenarioWords(
            "磁盘已满",
            "暂无。但磁盘写满期间写出的备份可能被截断,即使 KWDB 报告成功。",
        ),
        Scenario.SITE: ScenarioWords("站点损毁", "最新异地副本之后的全部数据。"),
        Scenario.RANSOM: ScenarioWords(
            "攻击者加密或删除了数据",
            "攻击者无法触及的最新副本之后的全部数据。extern 中的备份不再可信。",
        ),
        Scenario.NO_KWTUI: ScenarioWords(
            "kwtui 或其主机不可用", "无。每个备份只需 shell 和 SQL 客户端即可自行恢复。"
        ),
    },
    acts={
        Act.STOP_WRITERS: "停止写入数据的应用程序,避免数据继续变化。",
        Act.ASK: "请有权决定的人确认:备份之后写入的数据是否可以放弃。",
        Act.VERIFY: "检查备份是否完整。",
        Act.RESTORE_TABLE: "将该表恢复到另一个数据库中。请用表名替换 `TABLE`。",
        Act.COPY_ROWS: "比较两张表,用 `INSERT INTO ... SELECT` 或导出导入补回缺少的数据,"
        "然后删除该临时数据库。",
        Act.RESTORE_FREE: "以原名恢复数据库,该名称必须未被占用。",
        Act.RESTORE_OVER: "如果损坏的数据库仍然存在,请改为替换它。"
        "只有在恢复结果与备份比对一致后,才会删除旧数据库。",
        Act.LOOK: "确认数据库已恢复并受到保护。",
        Act.BACK_UP: "重新备份。",
        Act.OTHER_NODES: "如果其他节点仍在运行,让 KWDB 重建副本并添加节点,无需恢复。"
        "下一次备份请在运行中的节点上进行。",
        Act.NEW_SERVER: "安装相同版本的 KWDB,并以空的存储目录启动。",
        Act.BRING_SETS: "将备份放入新节点的 extern 目录,来源可以是旧磁盘或其他位置的副本。",
        Act.FETCH: "列出异地副本并取回最新的副本。取回后会自动检查。",
        Act.USERS: "创建授权语句中涉及的用户。备份中的 `RESTORE.md` 列出了这些用户。",
        Act.FREE_SPACE: "先清理中断的任务留下的内容,再查看保留策略可以删除哪些备份。"
        "请勿手动删除备份文件。",
        Act.CHECK_CUT: "查看哪些备份不完整,以及节点是否正常。",
        Act.ISOLATE: "断开主机的网络。请勿关机:内存内容是证据。",
        Act.NEW_SECRETS: "使用新的密码、密钥和证书。旧的已经泄露。",
        Act.RUN_SCRIPT: "在节点上以数据库所属账户运行。脚本会自行检查文件并比对行数;"
        "`./restore.sh --help` 列出其他客户端。",
    },
)
