"""Portuguese words of what does not work, and how to configure it."""

PATTERNS = {
    5: """
        pagamento .. falhou|falha|erro, página de pagamento* .. erro|carrega|falha,
        transferência .. falhou|recusada|rejeitada,

        sem internet|luz|energia|sinal|água quente|aquecimento, não há internet|luz|sinal,
        não tem internet|luz|sinal|sistema, falta de luz|energia, queda de energia,
        cheiro a|de gás,

        servidor .. não responde, não responde .. servidor|sistema, desde a atualização,
        depois da atualização, após a atualização, desde a migração
        """,
    4: """
        não funciona*, não está funcionando|a, parou|deixou|para de funcionar,
        não carrega*, não inicia, não responde, não se conecta, não atualiza,
        mensagem|mensagens de erro, código* de erro,
        erro* .. sistema|servidor|aplicativo|conexão|página|ao, erro #, trava*, travou,
        travando, congela*, tela preta|azul|branca, ecrã preto|azul|branco, bug, bugs,
        falha*, falhou, falhando, queda*, caiu, fora de serviço, offline, interrupção*,
        interrupções, inatividade, tempo* de inatividade, indisponib*, inacessível,
        desconex*, desconecta*, problema* técnico*, dificuldade* técnica*,
        problema* de conexão|conectividade|rede|desempenho|sincronização,
        problema* de compatibilidade|integração|implantação|servidor|software|hardware,
        mau funcionamento, avaria*, wi fi, internet .. lenta|não|caiu, lento*, lenta*,
        lentidão, latência, impressora*, impressão, scanner, roteador*, modem, servidor*,
        banco* de dados, base de dados, redes, firewall, vpn, bluetooth, instal*,
        desinstal*, reinstal*, configur*, atualização*, atualizações,
        atualizar .. software|aplicativo|driver*|sistema, driver*, compatib*, incompatib*,
        sincroniz*, integração*, integrações, api, apis, reinici*, superaquec*,
        sobrecarga*, perda* de dados, violação* de dados|segurança, vulnerabilidade*,
        ciberataque*, ataque* cibernético*, malware, vírus, ransomware,
        acesso não autorizado, tentativa* de acesso, incidente* de segurança, backup*,
        restaur*, vazamento* de dados, implantação*, criptografia,

        fecha sozinho, fecha .. sozinho|sozinha, trava, congela,
        fica .. carregando|branca|preta, tela branca,
        não me deixa|deixa .. enviar|baixar|abrir|salvar, dá erro, aparece erro,
        apresenta erro, deu erro, erro ao, não imprime, não liga, não conecta, não toca,
        não aparece*, não reconhece, não sincroniza, não pega, não abre,
        não aceita .. documentos|arquivo|ficheiro, parou de funcionar,
        deixou de funcionar, muito lenta|lento,
        como configuro|configurar|instalo|instalar|ativo|conecto, configuro,
        sistema .. fora|caiu|lento, fora do ar, a rede, wifi, fibra, sinal, dados móveis,
        linha .. muda|cortada, celular .. não, telemóvel .. não, atolamento, projetor,
        fones .. não, microfone .. não, caixa .. cheia, e mail .. enviar|receber,
        domínio*, dns, hospedagem, alojamento, certificado .. expirado|vencido,
        unidade de rede, arquivos .. sumiram|criptografados|corrompidos|desaparec*,
        dados .. sumiram|perdidos|apagados, legendas, cai .. toda, fica caindo, caindo,

        perde .. wifi|conexão|sinal|rede, servidor de arquivos|ficheiros, termostato*,
        campainha, câmera .. preta|não|desconect*, lâmpada .. conect*|não,
        casa inteligente, pisca, piscando, chiado, chiando, apita, pinga, vaza, emperr*,
        desliga sozinho|sozinha, se desliga, reinicia sozinho,
        ficou em|travado|preto|branco, em dobro .. imprime, borrado, desfocado, pixelado,
        defasad*, fuso horário, fórmula*, macro*, gráfico* .. vazio|não|carrega,
        mapa .. não|carrega, código qr, código de barras, carrinho .. vazio|não,
        botão .. não|nada, tela sensível, código de retorno, tarefa agendada,
        rotina noturna, replicação, chave api, componente,

        esquenta*, aquece muito, superaquece, ventoinha, ventilador, faz barulho,
        barulho estranho, fecha com|sozinho|sozinha, e mails .. voltam|chegam,
        registros .. visíveis|públicos
        """,
    3: """
        erro*, erros, falhas, quebrad*, defeito*, defeituos*, aplicativo*, aplicação*,
        aplicações, app, software, hardware, site, página web, computador*, portátil,
        notebook*, laptop*, pc, tablet, dispositivo*, equipamento*, tela*, ecrã, teclado,
        mouse, rato, fone*, câmera, microfone, alto falante*, bateria*, carregador*,
        arquivo*, ficheiro*, baixar, download*, upload*, navegador*, windows, android,
        linux, nuvem, aws, azure, docker, saas, plataforma*, painel, painéis, sistema*,
        plugin*, módulo*, versão*, versões, conexão*, conectividade, instável, instab*,
        interromp*, técnico*, técnica*, outlook, excel, jira, desempenho*,
        segurança .. rede|sistema*,

        formulário .. erro|enviar, portal .. não|erro
        """,
    2: """
        problema*, dificuldade*,

        controle remoto, comando, tv, televisão, console, consola, relógio, auscultadores,
        caixa de som, página*, menu, janela, calendário
        """,
    1: """
        resolver, solução*, dados, ferramenta*, digital, digitais, afet*, impact*,
        recurso*
        """,
}
